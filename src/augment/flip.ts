import { arithmetic } from './arithmetic.js';
import type { AugmentationRow } from './augmentation.js';
import { columnOf, STREAMS } from './draws.js';

/** Every other image is mirrored. */
export const flip: AugmentationRow = {
  title: 'mirrors an image left to right, every other time',
  at: 'view',
  inWholePixels: true,
  view(f, view, { draws }) {
    const { less, select } = arithmetic(f);
    const mirrored = less(columnOf(f, draws.uniform(STREAMS.flip, 1), 0), 0.5);
    const { left, right } = view;
    return { ...view, left: select(mirrored, right, left), right: select(mirrored, left, right) };
  },
};

/** Every other image is turned upside down, mirrored. */
export const verticalFlip: AugmentationRow = {
  title: 'mirrors an image top to bottom, every other time',
  at: 'view',
  inWholePixels: true,
  view(f, view, { draws }) {
    const { less, select } = arithmetic(f);
    const mirrored = less(columnOf(f, draws.uniform(STREAMS.verticalFlip, 1), 0), 0.5);
    const { top, bottom } = view;
    return { ...view, top: select(mirrored, bottom, top), bottom: select(mirrored, top, bottom) };
  },
};
