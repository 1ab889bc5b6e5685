import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic, lookUp } from '../arithmetic.js';
import { GREY_WEIGHTS, greyOf } from './grey.js';
import type { Step } from './index.js';

/** What moves an image away from black, from its mean grey, or from its greys: degenerate + factor (image - degenerate). */
export const BLENDS = ['brightness', 'contrast', 'color'] as const;

/** Name of one of {@link BLENDS}. */
export type Blend = (typeof BLENDS)[number];

/**
 * Brightness, contrast and colour as Pillow has them, the factor being 1 + magnitude: done to all images at once, those that
 * have another operation blended with a factor of 1. One pass over memory where TensorFlow compiles it.
 *
 * @param images float32 `[batch, height, width, 3]`, whole numbers in 0..255
 * @param placeOf the number of an operation, undefined where it is not `among` those that there may be
 * @returns the same, changed
 */
export function applyBlends(
  f: Fragment,
  images: Output,
  { operation, magnitude, among }: Step,
  { idOf, count }: { idOf: (name: Blend) => number; count: number },
): Output {
  const { add, clip, floor, multiply, perImage, round, subtract } = arithmetic(f);
  const has = (name: Blend) => among.includes(name);
  const ids = BLENDS.filter(has).map(idOf);
  const only = (chosen: readonly number[]) =>
    lookUp(
      f,
      Array.from({ length: count }, (_, id) => (chosen.includes(id) ? 1 : 0)),
      operation,
    );
  // Numbers an image, before what is compiled: 1, or 1 + magnitude.
  const factor = perImage(add(multiply(magnitude, only(ids)), 1));
  const isContrast = has('contrast') ? perImage(only([idOf('contrast')])) : undefined;
  const isColor = has('color') ? perImage(only([idOf('color')])) : undefined;
  return f.compiled(() => {
    const degenerates: Output[] = [];
    if (isContrast) {
      const means = f.reduce('Mean', images, [1, 2], { keepDims: true });
      const weighted = multiply(means, f.constant(Float32Array.from(GREY_WEIGHTS)));
      degenerates.push(multiply(isContrast, round(f.reduce('Sum', weighted, [3], { keepDims: true }))));
    }
    if (isColor) degenerates.push(multiply(isColor, greyOf(f, images)));
    const [first, second] = degenerates;
    const degenerate = first === undefined ? undefined : second === undefined ? first : add(first, second);
    const blended =
      degenerate === undefined
        ? multiply(factor, images)
        : add(degenerate, multiply(factor, subtract(images, degenerate)));
    return floor(clip(blended, 0, 255));
  });
}
