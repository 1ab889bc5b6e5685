import type { AugmentationRow } from '../augmentation.js';
import { columnOf, STREAMS } from '../draws.js';
import { applyStep } from '../operations/index.js';
import { chooseStep, indexOf } from './choice.js';
import { type Extent, magnitudeAt } from './magnitudes.js';
import { OPERATIONS } from './rand-augment.js';

/** The wide ranges (table 5): translations are pixels, whatever the size. */
const WIDE: Extent = { shear: 0.99, translate: [32, 32], rotate: 135, enhance: 0.99, posterize: 6 };
const STRENGTHS = 31;

/** One operation an image, at a random one of 31 strengths (arXiv 2103.10158, wide). */
export const trivialAugment: AugmentationRow = {
  title: 'one random operation an image, at a random strength (arXiv 2103.10158, wide)',
  at: 'source',
  apply(f, images, { height, width, draws }) {
    const entries = OPERATIONS.flatMap((name) =>
      Array.from({ length: STRENGTHS }, (_, i) => ({
        name,
        magnitude: magnitudeAt(name, i / (STRENGTHS - 1), WIDE),
      })),
    );
    const drawn = draws.uniform(STREAMS.trivialAugment, 2);
    const index = indexOf(f, columnOf(f, drawn, 0), entries.length);
    const step = chooseStep(f, entries, index, { sign: columnOf(f, drawn, 1) });
    return applyStep(f, images, step, { height, width });
  },
};
