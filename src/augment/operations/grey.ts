import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';

/** ITU-R 601-2 luma in 65,536ths, as Pillow computes it: whole numbers that float32 holds exactly. */
const LUMA = [19_595, 38_470, 7_471] as const;
const UNIT = 1 << 16;

/** What red, green and blue count in a pixel's grey. */
export const GREY_WEIGHTS = LUMA.map((weight) => weight / UNIT);

/** The greys of images `[n, height, width, 3]`, as whole numbers `[n, height, width, 1]`. */
export function greyOf(f: Fragment, images: Output): Output {
  const { add, divide, floor, multiply } = arithmetic(f);
  const weighted = multiply(images, f.constant(Float32Array.from(LUMA)));
  const sum = f.reduce('Sum', weighted, [3], { keepDims: true });
  return floor(divide(add(sum, UNIT / 2), UNIT));
}
