import { invalid } from '../../errors.js';
import type { AugmentationRow } from '../augmentation.js';
import { columnOf, STREAMS } from '../draws.js';
import { applyStep, type OperationName } from '../operations/index.js';
import { chooseStep, indexOf } from './choice.js';
import { autoAugmentExtent, magnitudeAt } from './magnitudes.js';

/** What RandAugment and TrivialAugment choose from. */
export const OPERATIONS: readonly OperationName[] = [
  'identity',
  'auto-contrast',
  'equalize',
  'rotate',
  'solarize',
  'color',
  'posterize',
  'contrast',
  'brightness',
  'sharpness',
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
];

/** The magnitude that is the full extent of AutoAugment's ranges; the paper goes on up to 28. */
const FULL = 10;

/** N operations an image, each drawn by itself from fourteen, all at magnitude M (arXiv 1909.13719). */
export const randAugment: AugmentationRow = {
  title:
    'N random operations an image, at magnitude M of 10 (arXiv 1909.13719; torchvision counts to 30 in its place)',
  parameters: [
    { name: 'n', default: 2, minimum: 1, maximum: 8 },
    { name: 'm', default: 9, maximum: 30 },
  ],
  at: 'source',
  apply(f, images, { parameters: [n = 2, m = 9], height, width, draws }) {
    if (!Number.isInteger(n)) throw invalid('n of rand-augment', 'a whole number', n);
    const extent = autoAugmentExtent(height, width);
    const entries = OPERATIONS.map((name) => ({ name, magnitude: magnitudeAt(name, m / FULL, extent) }));
    const drawn = draws.uniform(STREAMS.randAugment, 2 * n);
    return Array.from({ length: n }).reduce<string>((changed, _, i) => {
      const index = indexOf(f, columnOf(f, drawn, 2 * i), entries.length);
      const step = chooseStep(f, entries, index, { sign: columnOf(f, drawn, 2 * i + 1) });
      return applyStep(f, changed, step, { height, width });
    }, images);
  },
};
