import { describe, expect, test } from 'vitest';
import { batches } from '../../src/data/batches.js';
import { endedBy, epochOrder, type OrderOptions, positionAt, shardOf } from '../../src/data/order.js';
import { shuffled } from '../../src/data/random.js';

const all = (n: number) => Array.from({ length: n }, (_, i) => i);
const sorted = (order: Iterable<number>) => [...order].sort((a, b) => a - b);
/** 60 images of class 0, 30 of class 2, 7 of class 5. */
const labels = Int32Array.from([...Array(60).fill(0), ...Array(30).fill(2), ...Array(7).fill(5)]);

test('shuffled is the default, and sequential is as they lie', () => {
  expect(epochOrder({ labels, seed: 4, epoch: 2 })).toEqual(shuffled(97, 4, 2));
  expect([...epochOrder({ labels, seed: 4, epoch: 2, sampling: 'sequential' })]).toEqual(all(97));
  expect(positionAt({ labels, seed: 4, epoch: 2 }, 17)).toBe(shuffled(97, 4, 2)[17]);
});

/** Written down, so that other processes, machines and versions give the same. */
test('orders stay as they are', () => {
  const own = Int32Array.of(0, 0, 0, 0, 0, 2, 2, 2, 5, 5, 5, 5);
  const blocks = Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
  const order = (options: Partial<OrderOptions>) => [
    ...epochOrder({ labels: own, seed: 7, epoch: 3, ...options }),
  ];
  expect(order({})).toEqual([6, 1, 9, 8, 7, 2, 10, 11, 3, 0, 4, 5]);
  expect(order({ sampling: 'balanced' })).toEqual([6, 0, 8, 11, 1, 5, 9, 3, 7, 3, 10, 5]);
  expect(order({ blocks })).toEqual([9, 1, 4, 3, 8, 6, 10, 5, 0, 11, 7, 2]);
});

/** Data sets of many sizes, their classes unevenly large, some without images. */
const DATA = [1, 2, 3, 10, 63, 64, 65, 500].flatMap((n) =>
  [1, 3, 17].map((classes) => Int32Array.from({ length: n }, (_, i) => 2 * ((i * i) % classes))),
);

describe.each([0, 1, 12345])('whatever the data, with seed %i', (seed) => {
  const epochs = [0, 1, 2, 3];

  test('each image once, but where it is balanced; one at a position is that of the order', () => {
    for (const own of DATA) {
      const blocks = Int32Array.from(own, (_, row) => Math.floor(row / 7));
      for (const epoch of epochs) {
        for (const options of [{}, { blocks }, { sampling: 'sequential' as const }])
          expect(sorted(epochOrder({ labels: own, seed, epoch, ...options }))).toEqual(all(own.length));
        const options = { labels: own, seed, epoch, sampling: 'balanced' as const };
        const order = epochOrder(options);
        expect(order.length).toBe(own.length);
        expect(positionAt(options, own.length - 1)).toBe(order.at(-1));
      }
    }
  });

  test('balanced: classes differ by one draw at most, in an epoch and over all of them', () => {
    for (const own of DATA) {
      const totals = new Map<number, number>(Array.from(own, (label) => [label, 0]));
      for (const epoch of epochs) {
        for (const row of epochOrder({ labels: own, seed, epoch, sampling: 'balanced' }))
          totals.set(own[row]!, totals.get(own[row]!)! + 1);
        expect(Math.max(...totals.values()) - Math.min(...totals.values())).toBeLessThanOrEqual(1);
      }
    }
  });

  test('shards of equal length make up the order, whatever their number', () => {
    for (const own of DATA) {
      const order = shuffled(own.length, seed, 0);
      for (const count of [1, 2, 5, 8]) {
        for (const rest of ['pad', 'drop'] as const) {
          const shards = all(count).map((index) => shardOf(order, { index, count, rest }));
          // Position by position, all workers' images are the order's.
          const joined = all(shards[0]!.length).flatMap((at) => shards.map((shard) => shard[at]!));
          const expected = all(joined.length).map((at) => order[at % order.length]!);
          expect(joined).toEqual(expected);
          expect(joined.length - order.length).toBe(
            rest === 'pad' ? (count - (order.length % count)) % count : 0 - (order.length % count),
          );
        }
      }
    }
  });
});

describe('balanced', () => {
  const order = (epoch: number, seed = 1) => epochOrder({ labels, seed, epoch, sampling: 'balanced' });

  test('each class as often as the others, in each epoch, and the remainder by turns', () => {
    const totals = new Map<number, number>();
    for (let epoch = 0; epoch < 6; epoch++) {
      const counts = new Map<number, number>();
      for (const row of order(epoch)) counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
      expect(sorted(counts.values())).toEqual([32, 32, 33]);
      for (const [label, count] of counts) totals.set(label, (totals.get(label) ?? 0) + count);
    }
    expect([...totals.values()]).toEqual([194, 194, 194]);
  });

  test('no image again before all of its class were there, over epochs as well', () => {
    const seen = [0, 1, 2, 3, 4, 5].flatMap((epoch) => [...order(epoch)]);
    for (const [label, size] of [
      [0, 60],
      [2, 30],
      [5, 7],
    ]) {
      const own = seen.filter((row) => labels[row] === label);
      for (let at = 0; at + size! <= own.length; at += size!)
        expect(new Set(own.slice(at, at + size!)).size).toBe(size);
    }
  });

  test('a function of seed and epoch alone', () => {
    expect(order(3)).toEqual(order(3));
    expect(order(3)).not.toEqual(order(4));
    expect(order(3, 2)).not.toEqual(order(3));
  });

  test('classes come mixed: in every stretch of three, one of each', () => {
    const found = [...order(0)].map((row) => labels[row]!);
    for (let at = 0; at < 96; at += 3) expect(sorted(found.slice(at, at + 3))).toEqual([0, 2, 5]);
  });
});

describe('by blocks', () => {
  const blocks = Int32Array.from({ length: 400 }, (_, row) => Math.floor(row / 10));
  const order = (epoch: number) => [...epochOrder({ labels: new Int32Array(400), seed: 1, epoch, blocks })];

  test('a permutation, another one each epoch', () => {
    expect(sorted(order(0))).toEqual(all(400));
    expect(order(0)).toEqual(order(0));
    expect(order(0)).not.toEqual(order(1));
  });

  test('eight blocks at a time, mixed', () => {
    for (let at = 0; at < 400; at += 80) {
      const window = order(0).slice(at, at + 80);
      expect(new Set(window.map((row) => blocks[row])).size).toBe(8);
      expect(new Set(window.slice(0, 20).map((row) => blocks[row])).size).toBeGreaterThan(4);
    }
  });
});

describe('shards', () => {
  test.each([1, 2, 3, 7])('%i of them are disjoint and complete', (count) => {
    const order = shuffled(100, 0, 0);
    const shards = all(count).map((index) => shardOf(order, { index, count, rest: 'pad' }));
    expect(new Set(shards.map(({ length }) => length)).size).toBe(1);
    expect(new Set(shards.flatMap((shard) => [...shard]))).toEqual(new Set(all(100)));
    const dropped = all(count).map((index) => [...shardOf(order, { index, count, rest: 'drop' })]);
    expect(new Set(dropped.flat()).size).toBe(Math.floor(100 / count) * count);
  });

  test('refuse what is none', () => {
    expect(() => shardOf(shuffled(4, 0, 0), { index: 2, count: 2, rest: 'pad' })).toThrow(
      /0\.\.1 for shard, received 2/,
    );
    expect(() => shardOf(shuffled(4, 0, 0), { index: 0, count: 0, rest: 'pad' })).toThrow(
      /1 or more for shards/,
    );
  });
});

describe('the last batch', () => {
  const order = Int32Array.of(4, 2, 0, 1, 3);

  test('is kept, dropped or padded', () => {
    expect([...endedBy(order, 3, 'keep')]).toEqual([4, 2, 0, 1, 3]);
    expect([...endedBy(order, 3, 'drop')]).toEqual([4, 2, 0]);
    expect([...endedBy(order, 3, 'pad')]).toEqual([4, 2, 0, 1, 3, 4]);
    expect([...endedBy(order, 8, 'pad')]).toEqual([4, 2, 0, 1, 3, 4, 2, 0]);
    expect(endedBy(order, 5, 'drop')).toEqual(order);
  });

  test('in batches, from the middle too', async () => {
    const dataset = {
      length: 5,
      labels: new Int32Array(5),
      source: { kind: 'array', height: 1, width: 1, pixels: new Uint8Array(15) },
    } as const;
    const rows = async (start: number) => {
      const found: number[][] = [];
      for await (const batch of batches(dataset, { batchSize: 3, indices: order, lastBatch: 'pad', start })) {
        found.push([...batch.indices]);
        batch.dispose();
      }
      return found;
    };
    expect(await rows(0)).toEqual([
      [4, 2, 0],
      [1, 3, 4],
    ]);
    expect(await rows(1)).toEqual([[1, 3, 4]]);
  });

  test.each(['keep', 'drop', 'pad'] as const)(
    '%s: going on from any batch gives the rest',
    async (lastBatch) => {
      const dataset = {
        length: 23,
        labels: Int32Array.from(all(23), (row) => row % 3),
        source: { kind: 'array', height: 1, width: 1, pixels: new Uint8Array(69) },
      } as const;
      const indices = epochOrder({ labels: dataset.labels, seed: 3, epoch: 1, sampling: 'balanced' });
      const rows = async (start: number) => {
        const found: number[][] = [];
        for await (const batch of batches(dataset, { batchSize: 4, indices, lastBatch, start })) {
          found.push([...batch.indices]);
          batch.dispose();
        }
        return found;
      };
      const whole = await rows(0);
      expect(whole.flat().slice(0, 20)).toEqual([...indices.subarray(0, 20)]);
      expect(whole.map(({ length }) => length)).toEqual(
        { keep: [4, 4, 4, 4, 4, 3], drop: [4, 4, 4, 4, 4], pad: [4, 4, 4, 4, 4, 4] }[lastBatch],
      );
      for (let start = 0; start <= whole.length; start++)
        expect(await rows(start)).toEqual(whole.slice(start));
    },
  );
});
