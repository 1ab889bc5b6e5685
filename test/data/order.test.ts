import { describe, expect, test } from 'vitest';
import { batches } from '../../src/data/batches.js';
import { endedBy, epochOrder, positionAt, shardOf } from '../../src/data/order.js';
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
});
