import { invalid } from '../errors.js';

const GAMMA = 0x9e3779b97f4a7c15n;

/** One output of splitmix64 (Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195) for the state `x`. */
function splitmix64(x: bigint): bigint {
  let z = BigInt.asUintN(64, x + GAMMA);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/**
 * xoshiro128** 1.1 (Blackman and Vigna, arXiv 1805.01407, https://prng.di.unimi.it): 32-bit integer arithmetic only,
 * so the same numbers on every platform.
 */
export class Random {
  readonly #state: Int32Array;

  /** @param state 128 bits that are not all zero */
  constructor(state: readonly [number, number, number, number]) {
    this.#state = Int32Array.from(state);
  }

  /**
   * A generator of its own for each combination of a seed and stream numbers.
   *
   * @param seed any safe integer
   * @param streams what the numbers are for, for example an epoch: non-negative integers
   */
  static seeded(seed: number, ...streams: number[]): Random {
    if (!Number.isSafeInteger(seed)) throw invalid('seed', 'an integer', seed);
    let x = splitmix64(BigInt.asUintN(64, BigInt(seed)));
    for (const stream of streams) x = splitmix64(x ^ BigInt(stream));
    const [a, b] = [splitmix64(x), splitmix64(x + GAMMA)];
    return new Random([Number(a >> 32n), Number(a & 0xffffffffn), Number(b >> 32n), Number(b & 0xffffffffn)]);
  }

  /** Uniform integer in 0..2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const s1 = s[1]!;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** Uniform integer in 0..n - 1 without modulo bias, for n up to 2^32. */
  below(n: number): number {
    const usable = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const value = this.uint32();
      if (value < usable) return value % n;
    }
  }

  /** Puts the elements into random order, in place (Fisher-Yates, Durstenfeld's form). */
  shuffle<T extends Int32Array>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const value = values[i]!;
      values[i] = values[j]!;
      values[j] = value;
    }
    return values;
  }
}

/** Stream numbers: what a seed's numbers are used for, so that no two uses share them. */
export const STREAMS = { epoch: 1, split: 2, limit: 3, crop: 4, balance: 5, pass: 6 } as const;

/**
 * The order of one epoch: 0..n - 1, shuffled. A pure function of its arguments, so that resuming needs no state.
 *
 * @param n number of images
 * @param epoch counted from 0
 */
export function shuffled(n: number, seed: number, epoch: number): Int32Array {
  return Random.seeded(seed, STREAMS.epoch, epoch).shuffle(Int32Array.from({ length: n }, (_, i) => i));
}
