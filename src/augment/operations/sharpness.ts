import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import type { Family, Rows } from './operation.js';

/** Away from a degenerate image: degenerate + factor (image - degenerate), the factor being 1 + magnitude. */
function blend(f: Fragment, { images, magnitude }: Rows, degenerate: Output): Output {
  const { add, clip, floor, multiply, perImage, subtract } = arithmetic(f);
  const factor = perImage(add(magnitude, 1));
  return floor(clip(add(degenerate, multiply(factor, subtract(images, degenerate))), 0, 255));
}

/**
 * Blends with the image smoothed by [[1, 1, 1], [1, 5, 1], [1, 1, 1]] / 13, all but its border: Pillow's and torchvision's
 * sharpness. Magnitude: change of the factor from 1.
 */
export const sharpness: Family<'sharpness'> = {
  names: ['sharpness'],
  apply(f, rows) {
    const { images, height, width } = rows;
    // There is nothing but border.
    if (height < 3 || width < 3) return images;
    const { add, divide, multiply, round, subtract } = arithmetic(f);
    const int = attr.type('int32');
    const cut = (from: Output, begin: readonly number[], size: readonly number[]) =>
      f.op('Slice', [from, f.ints(...begin), f.ints(...size)], { T: attr.type('float32'), Index: int });
    const [rowsLeft, columnsLeft] = [height - 2, width - 2];
    // Sums of shifted images, not a convolution, which mixed precision would round.
    const down = [0, 1, 2]
      .map((y) => cut(images, [0, y, 0, 0], [-1, rowsLeft, -1, -1]))
      .reduce((a, b) => add(a, b));
    const sum = [0, 1, 2]
      .map((x) => cut(down, [0, 0, x, 0], [-1, -1, columnsLeft, -1]))
      .reduce((a, b) => add(a, b));
    const inner = cut(images, [0, 1, 1, 0], [-1, rowsLeft, columnsLeft, -1]);
    const smooth = round(divide(add(sum, multiply(inner, 4)), 13));
    const change = f.op(
      'Pad',
      [subtract(smooth, inner), f.constant(Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0), [4, 2])],
      { T: attr.type('float32'), Tpaddings: int },
    );
    return blend(f, rows, add(images, change));
  },
};
