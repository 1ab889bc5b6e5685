import type { ImageFormat } from '../data/decode/index.js';
import { FORMATS, type Measurements } from './measurements.js';

/** The middle one of some numbers, and those at the ends. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** Sizes of images as they are shown, in pixels. */
export interface Sizes {
  width: Spread;
  height: Spread;
  /** Of the shorter sides: what a model's image size is to be compared with. */
  shorterSide: Spread;
  /** Width by height. */
  aspectRatio: Spread;
}

/** Sizes of all images that were decoded, whose headers tell the truth; null where there are none. */
export function sizesOf(measurements: Measurements): Sizes | null {
  const { decoded, width, height } = measurements;
  if (decoded.length === 0) return null;
  const over = (value: (w: number, h: number) => number) =>
    spread(Float64Array.from(decoded, (index) => value(width[index]!, height[index]!)));
  return {
    width: over((w) => w),
    height: over((_, h) => h),
    shorterSide: over(Math.min),
    aspectRatio: over((w, h) => w / h),
  };
}

/** @param values one or more */
export function spread(values: Float64Array): Spread {
  const sorted = values.toSorted();
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { min: sorted[0]!, median: (low + high) / 2, max: sorted.at(-1)! };
}

/** Images of each format that occurs; none of images that were never encoded. */
export function countFormats({ format }: Measurements): Partial<Record<ImageFormat, number>> {
  const counts = new Uint32Array(FORMATS.length + 1);
  for (const each of format) counts[each]!++;
  return Object.fromEntries(
    FORMATS.map((name, i) => [name, counts[i + 1]!]).filter(([, count]) => count !== 0),
  );
}
