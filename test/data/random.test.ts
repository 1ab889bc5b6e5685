import { describe, expect, test } from 'vitest';
import { Random, shuffled } from '../../src/data/random.js';

describe('Random', () => {
  test('gives the numbers of the reference implementation of xoshiro128**', () => {
    const random = new Random([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  test('a seed gives the same numbers, another seed or stream gives others', () => {
    const first = (...of: [number, ...number[]]) => {
      const random = Random.seeded(...of);
      return [random.uint32(), random.uint32(), random.uint32()].join();
    };
    expect(first(7, 1, 2)).toBe(first(7, 1, 2));
    expect(
      new Set([first(7), first(8), first(-7), first(7, 0), first(7, 1), first(7, 1, 2), first(7, 2, 1)]).size,
    ).toBe(7);
  });

  test('below() is uniform over its range', () => {
    const random = Random.seeded(3);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
    // Chi-squared with 5 degrees of freedom: 20.5 is passed by chance once in a thousand seeds.
    expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
  });

  test('refuses a seed that is no integer', () => {
    expect(() => Random.seeded(0.5)).toThrow('Expected an integer for seed, received 0.5.');
  });
});

describe('shuffled', () => {
  test('is a permutation that never changes for the same n, seed and epoch', () => {
    const order = shuffled(1000, 5, 2);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(shuffled(1000, 5, 2)).toEqual(order);
    // Written down once: an order that changes between versions would break resuming.
    expect([...shuffled(8, 0, 0)]).toEqual([0, 3, 6, 5, 1, 7, 4, 2]);
  });

  test('differs between epochs and seeds', () => {
    expect(shuffled(100, 5, 3)).not.toEqual(shuffled(100, 5, 2));
    expect(shuffled(100, 6, 2)).not.toEqual(shuffled(100, 5, 2));
  });

  test('puts every element at every place equally often', () => {
    const sums = new Array<number>(5).fill(0);
    for (let epoch = 0; epoch < 2000; epoch++)
      for (const [place, value] of shuffled(5, 1, epoch).entries()) sums[place]! += value;
    for (const sum of sums) expect(Math.abs(sum / 2000 - 2)).toBeLessThan(0.15);
  });
});
