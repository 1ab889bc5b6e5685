import type { Fragment, Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import { LEVELS } from './tables.js';

/** What changes each value by itself, the same way in all channels. */
export const LEVEL_OPERATIONS = ['posterize', 'solarize', 'invert'] as const;

/** Name of one of {@link LEVEL_OPERATIONS}. */
export type LevelOperation = (typeof LEVEL_OPERATIONS)[number];

/** Numbers an image, float32 `[batch, 1, 1, 1]`, with values that leave an image as it is. */
export interface LevelNumbers {
  /** From here on values are inverted; above all of them. Of `solarize` its magnitude, of `invert` 0. */
  threshold?: Output | undefined;
  /** Values become multiples of it; 1. Of `posterize`, whose magnitude is the bits that are kept (0 to 8), 2^(8 - bits). */
  step?: Output | undefined;
}

const HIGHEST = LEVELS - 1;

/**
 * @param isOf float32 `[batch]`: 1 for the images that have the operation, else 0; undefined for one that there cannot be
 * @param magnitude float32 `[batch]`
 */
export function levelNumbers(
  f: Fragment,
  isOf: (name: LevelOperation) => Output | undefined,
  magnitude: Output,
): LevelNumbers {
  const { less, perImage, power, round, select, subtract } = arithmetic(f);
  const where = (name: LevelOperation, then: Output | number, otherwise: Output | number) => {
    const chosen = isOf(name);
    return chosen === undefined ? otherwise : select(less(0, chosen), then, otherwise);
  };
  const threshold = where('invert', 0, where('solarize', magnitude, LEVELS));
  const step = where('posterize', round(power(2, subtract(8, magnitude))), 1);
  return {
    ...(typeof threshold !== 'number' && { threshold: perImage(threshold) }),
    ...(typeof step !== 'number' && { step: perImage(step) }),
  };
}

/** Images `[batch, height, width, 3]` of whole numbers, with their levels changed. */
export function withLevels(f: Fragment, images: Output, { threshold, step }: LevelNumbers): Output {
  const { divide, floor, less, multiply, select, subtract } = arithmetic(f);
  const turned =
    threshold === undefined ? images : select(less(images, threshold), images, subtract(HIGHEST, images));
  return step === undefined ? turned : multiply(floor(divide(turned, step)), step);
}
