import { expect, test, vi } from 'vitest';
import { Random } from '../../src/data/random.js';
import { hamming, nearPairs } from '../../src/inspect/near-pairs.js';

const COUNT = 1500;

/** Hashes of which every third is an earlier one with 0 to 6 bits changed, at places that the bands are cut at too. */
function hashes(): Uint32Array {
  const random = Random.seeded(7, 0);
  const word = () => random.uint32();
  const values = Uint32Array.from({ length: 2 * COUNT }, word);
  for (let i = 3; i < COUNT; i += 3) {
    const from = random.below(i);
    values.copyWithin(2 * i, 2 * from, 2 * from + 2);
    for (let bit = 0; bit < i % 7; bit++) {
      const at = random.below(64);
      values[2 * i + (at >> 5)]! ^= 1 << (at & 31);
    }
  }
  return values;
}

/** Counted digit by digit. */
const ones = (bits: number): number => (bits >>> 0).toString(2).replaceAll('0', '').length;

test('finds the pairs that a comparison of all with all finds, each once', async () => {
  const values = hashes();
  const found: string[] = [];
  await nearPairs(
    values,
    Int32Array.from({ length: COUNT }, (_, i) => i),
    {
      ...{ distance: 4, pause: async () => {} },
      visit: (a, b, distance) => found.push(`${Math.min(a, b)} ${Math.max(a, b)} ${distance}`),
    },
  );
  const expected: string[] = [];
  for (let a = 0; a < COUNT; a++) {
    for (let b = a + 1; b < COUNT; b++) {
      const bits = ones(values[2 * a]! ^ values[2 * b]!) + ones(values[2 * a + 1]! ^ values[2 * b + 1]!);
      if (bits <= 4) expected.push(`${a} ${b} ${bits}`);
    }
  }
  expect(expected.length).toBeGreaterThan(300);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test('only the given ones are compared', async () => {
  const found: number[][] = [];
  await nearPairs(new Uint32Array(8), Int32Array.of(1, 3), {
    ...{ distance: 4, pause: async () => {} },
    visit: (...pair) => found.push(pair),
  });
  expect(found).toEqual([[1, 3, 0]]);
});

test('pauses within a large bucket, and stops there where the pause throws', async () => {
  const alike = new Uint32Array(2 * 600);
  const indices = Int32Array.from({ length: 600 }, (_, i) => i);
  const pause = vi.fn(async () => {});
  let pairs = 0;
  await nearPairs(alike, indices, { distance: 4, visit: () => pairs++, pause });
  expect(pairs).toBe((600 * 599) / 2);
  // Each of the five bands has them in one bucket: 180,000 comparisons, 65,536 between two pauses.
  expect(pause.mock.calls.length).toBeGreaterThan(9);
  pairs = 0;
  const stopped = nearPairs(alike, indices, {
    ...{ distance: 4, visit: () => pairs++ },
    pause: () => Promise.reject(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(pairs).toBeLessThan(70_000);
});

test.each([
  [[0, 0], [0, 0], 0],
  [[0xffffffff, 0], [0, 0xffffffff], 64],
  [[0b1011, 1 << 31], [0b0001, 0], 3],
])('bits in which %j and %j differ', (a, b, bits) => {
  expect(hamming(Uint32Array.from([...a, ...b]), 0, 1)).toBe(bits);
});
