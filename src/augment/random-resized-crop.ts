import type { RandomResizedCrop } from '../data/decode/index.js';
import { invalid } from '../errors.js';
import type { Output } from '../tensorflow/index.js';
import { arithmetic } from './arithmetic.js';
import type { AugmentationRow } from './augmentation.js';
import { randomBoxes } from './boxes.js';
import { STREAMS } from './draws.js';

/** Smallest and largest width / height of a part. */
const RATIO = [3 / 4, 4 / 3] as const;

/**
 * The numbers behind the name as the decoder takes them.
 *
 * @throws InputError where the smallest area is above the largest
 */
export function cropParameters([
  smallest = 0.08,
  largest = 1,
]: readonly number[]): Required<RandomResizedCrop> {
  if (smallest > largest) {
    const received = `random-resized-crop:${smallest}:${largest}`;
    throw invalid('--augment', 'the smallest area before the largest', received);
  }
  return { scale: [smallest, largest], ratio: RATIO };
}

/**
 * Inception's crop (arXiv 1409.4842, section 6): a part of random area and shape becomes the image; where ten draws do
 * not fit, the largest centred part of a shape within the ratio. Bilinear, so what is to be made much smaller is better
 * cut by the decoder.
 */
export const randomResizedCrop: AugmentationRow = {
  title:
    'a part of random area and shape becomes the image (arXiv 1409.4842); files are cut as they are decoded',
  parameters: [
    { name: 'smallest area', default: 0.08, minimum: 1e-4, maximum: 1 },
    { name: 'largest area', default: 1, minimum: 1e-4, maximum: 1 },
  ],
  at: 'view',
  inWholePixels: false,
  view(f, view, { parameters, height, width, draws }) {
    const { scale, ratio } = cropParameters(parameters);
    const { add, multiply, select, subtract } = arithmetic(f);
    const box = randomBoxes(f, { height, width, scale, ratio, draws, stream: STREAMS.randomResizedCrop });
    const [down, across] = [Math.min(height, width / ratio[0]), Math.min(width, height * ratio[1])];
    /** The part from `start`, `length` pixels long, of what is seen between two ends; `otherwise`: the middle. */
    const part = (
      [from, to]: readonly [Output, Output],
      { start, length, side, otherwise }: { start: Output; length: Output; side: number; otherwise: number },
    ): readonly [Output, Output] => {
      const inset = (side - otherwise) / 2;
      const first = select(box.found, start, inset);
      const last = select(box.found, add(start, length), inset + otherwise);
      const unit = multiply(subtract(to, from), 1 / side);
      return [add(from, multiply(unit, first)), add(from, multiply(unit, last))];
    };
    const [top, bottom] = part([view.top, view.bottom], {
      start: box.top,
      length: box.height,
      side: height,
      otherwise: down,
    });
    const [left, right] = part([view.left, view.right], {
      start: box.left,
      length: box.width,
      side: width,
      otherwise: across,
    });
    return { top, bottom, left, right };
  },
};
