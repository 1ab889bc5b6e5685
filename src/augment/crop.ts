import { arithmetic } from './arithmetic.js';
import type { AugmentationRow } from './augmentation.js';
import { columnOf, STREAMS } from './draws.js';

/** The share of the size that a padded crop may move by: 4 of 32 pixels, as is usual for CIFAR. */
const SHARE = 1 / 8;

const margin = (side: number) => Math.max(1, Math.round(side * SHARE));

/** The padded crop of residual networks on CIFAR (arXiv 1512.03385, section 4.2), with a reflected border. */
export const crop: AugmentationRow = {
  title: 'pads by an eighth of the size, reflected, and cuts out the original size',
  at: 'view',
  inWholePixels: true,
  margin,
  view(f, { top, bottom, left, right }, { draws, height, width }) {
    const { add, floor, multiply } = arithmetic(f);
    const drawn = draws.uniform(STREAMS.crop, 2);
    // A whole number of pixels from -margin to margin.
    const moved = (column: number, side: number) =>
      add(floor(multiply(columnOf(f, drawn, column), 2 * margin(side) + 1)), -margin(side));
    const [down, aside] = [moved(0, height), moved(1, width)];
    return {
      top: add(top, down),
      bottom: add(bottom, down),
      left: add(left, aside),
      right: add(right, aside),
    };
  },
};
