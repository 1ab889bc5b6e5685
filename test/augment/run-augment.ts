import { expect } from 'vitest';
import { type AugmentOptions, augment } from '../../src/augment/index.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { runFragment, seedOf } from '../model/run-fragment.js';

/** uint8 `[count, height, width, 3]`. */
export interface Images {
  pixels: Uint8Array;
  count: number;
  height: number;
  width: number;
}

/** Images whose every pixel and channel differs from its neighbours. */
export function images(count: number, height: number, width = height): Images {
  const pixels = Uint8Array.from(
    { length: count * height * width * 3 },
    (_, i) => (i * 37 + (i >> 3) * 11) % 251,
  );
  return { pixels, count, height, width };
}

/** Some of the images. */
export function part({ pixels, height, width }: Images, from: number, count: number): Images {
  const length = height * width * 3;
  return { pixels: pixels.slice(from * length, (from + count) * length), count, height, width };
}

/** One image, `[height, width, 3]`. */
export function imageOf({ pixels, height, width }: Images, i: number): number[] {
  const length = height * width * 3;
  return Array.from(pixels.subarray(i * length, (i + 1) * length));
}

export interface Wanted extends Partial<Pick<AugmentOptions, 'augmentations' | 'decoded'>> {
  size: number;
  seed?: number;
  step?: number;
  first?: number;
}

/** The augmented images, one array `[size, size, 3]` each. */
export async function augmented(
  { pixels, count, height, width }: Images,
  { size, augmentations = [], decoded, seed = 3, step = 0, first = 0 }: Wanted,
): Promise<number[][]> {
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, height, width, 3]);
  f.input('seed', 'int64', [2]);
  f.input('first', 'int32', []);
  const options = { height, width, size, augmentations, decoded, seed: 'seed', first: 'first' };
  const output = augment(f, 'pixels', options);
  const feeds = {
    pixels: { dtype: 'uint8' as const, values: pixels, shape: [count, height, width, 3] },
    seed: seedOf(seed, step),
    first: { dtype: 'int32' as const, values: [first], shape: [] },
  };
  const [found] = await runFragment(f, feeds, [output]);
  expect(found!.shape).toEqual([count, size, size, 3]);
  const length = size * size * 3;
  return Array.from({ length: count }, (_, i) => found!.values.slice(i * length, (i + 1) * length));
}

/** The largest difference of two images. */
export const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
