import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import { GREY_WEIGHTS, greyOf } from './grey.js';

/** What moves an image away from black, from its mean grey, or from its greys: degenerate + factor (image - degenerate). */
export const BLENDS = ['brightness', 'contrast', 'color'] as const;

/** Name of one of {@link BLENDS}. */
export type Blend = (typeof BLENDS)[number];

/** Numbers an image, float32 `[batch, 1, 1, 1]`. */
export interface BlendNumbers {
  /** 1 + magnitude; 1 leaves an image as it is. */
  factor: Output;
  /** 1 for the images that are blended with their mean grey, else 0. */
  isContrast?: Output | undefined;
  /** 1 for those that are blended with their greys, else 0. */
  isColor?: Output | undefined;
}

/** Images `[batch, height, width, 3]` of whole numbers in 0..255 with brightness, contrast or colour changed, as Pillow does it. */
export function blended(f: Fragment, images: Output, { factor, isContrast, isColor }: BlendNumbers): Output {
  const { add, clip, floor, multiply, round, subtract } = arithmetic(f);
  const degenerates: Output[] = [];
  if (isContrast) {
    const means = f.reduce('Mean', images, [1, 2], { keepDims: true });
    const weighted = multiply(means, f.constant(Float32Array.from(GREY_WEIGHTS)));
    degenerates.push(multiply(isContrast, round(f.reduce('Sum', weighted, [3], { keepDims: true }))));
  }
  if (isColor) degenerates.push(multiply(isColor, greyOf(f, images)));
  const [first, second] = degenerates;
  const degenerate = first === undefined ? undefined : second === undefined ? first : add(first, second);
  const moved =
    degenerate === undefined
      ? multiply(factor, images)
      : add(degenerate, multiply(factor, subtract(images, degenerate)));
  return floor(clip(moved, 0, 255));
}
