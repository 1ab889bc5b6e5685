import { invalid } from '../../errors.js';
import { Random, STREAMS } from '../random.js';

/** A part of an image, in pixels of its size as it is shown (EXIF orientation applied). */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Which part an image of this size is cut down to, before it is resized. */
export type Crop = (width: number, height: number) => Box;

/** Random resized crop (Inception's, arXiv 1409.4842, section 6): a part of random area and shape becomes the image. */
export interface RandomResizedCrop {
  /** Smallest and largest part of the image's area, above 0 and up to 1. @default [0.08, 1] */
  scale?: readonly [min: number, max: number];
  /** Smallest and largest width / height of the part. @default [3 / 4, 4 / 3] */
  ratio?: readonly [min: number, max: number];
}

/** A random resized crop with what its draws depend on. */
export interface SeededCrop extends RandomResizedCrop {
  /** The run's seed. */
  seed: number;
  /** Each epoch crops each image anew. */
  epoch: number;
}

const SCALE = [0.08, 1] as const;
const RATIO = [3 / 4, 4 / 3] as const;
const TRIES = 10;

/**
 * Draws the part of one image, as torchvision's `RandomResizedCrop` does: area uniform in `scale`, logarithm of the
 * shape uniform in that of `ratio`, place uniform. After ten draws that do not fit, the largest centred part of a shape
 * within `ratio`.
 *
 * @param random advanced by the draws
 */
export function cropBox(
  width: number,
  height: number,
  random: Random,
  { scale = SCALE, ratio = RATIO }: RandomResizedCrop = {},
): Box {
  const [narrowest, widest] = ratio;
  for (let tried = 0; tried < TRIES; tried++) {
    const area = width * height * between(scale[0], scale[1], random);
    const shape = Math.exp(between(Math.log(narrowest), Math.log(widest), random));
    const [across, down] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))];
    if (across < 1 || across > width || down < 1 || down > height) continue;
    const top = random.below(height - down + 1);
    return { left: random.below(width - across + 1), top, width: across, height: down };
  }
  const [across, down] =
    width < height * narrowest
      ? [width, atLeastOne(width / narrowest)]
      : width > height * widest
        ? [atLeastOne(height * widest), height]
        : [width, height];
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

const between = (low: number, high: number, random: Random) =>
  low + ((high - low) * random.uint32()) / 2 ** 32;

const atLeastOne = (value: number) => Math.max(1, Math.round(value));

/**
 * The crop of one image of a data set in one epoch. A pure function of seed, epoch and row, so that neither resuming
 * nor the order in which images are decoded changes it.
 *
 * @param row the image's position in its data set
 */
export function cropOf(row: number, { seed, epoch, ...parameters }: SeededCrop): Crop {
  return (width, height) => cropBox(width, height, Random.seeded(seed, STREAMS.crop, epoch, row), parameters);
}

/** @throws InputError for a range that is upside down, or beyond what an image has */
export function checkCrop({ scale = SCALE, ratio = RATIO }: RandomResizedCrop): void {
  const [smallest, largest] = scale;
  if (!(smallest > 0 && smallest <= largest && largest <= 1)) {
    throw invalid('the scale of a crop', 'two rising numbers above 0 and up to 1', scale.join(' to '));
  }
  const [narrowest, widest] = ratio;
  if (!(narrowest > 0 && narrowest <= widest && widest < Number.POSITIVE_INFINITY)) {
    throw invalid('the ratio of a crop', 'two rising numbers above 0', ratio.join(' to '));
  }
}
