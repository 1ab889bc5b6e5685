import { resizeImages } from '../model/index.js';
import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { augmentGeometry } from './geometry.js';

/** Augmentations by name, as `--augment` takes them. */
export const AUGMENTATIONS = ['flip', 'crop'] as const;
export type Augmentation = (typeof AUGMENTATIONS)[number];

export interface AugmentOptions {
  height: number;
  width: number;
  /** Side of the result in pixels. */
  size: number;
  augmentations: readonly Augmentation[];
  /** int64 `[2]`: run seed and step. */
  seed: Output;
}

/** Tells the draws of augmentation from those of the layers, which count up from 1. */
const STREAM = 1n << 20n;

/**
 * Adds augmentation to a fragment: the same batch, run seed and step give the same images.
 *
 * @param images uint8 `[batch, height, width, channels]`
 * @returns float32 `[batch, size, size, channels]`, values in 0..255
 */
export function augment(f: Fragment, images: Output, options: AugmentOptions): Output {
  const { height, width, size, augmentations, seed } = options;
  const [flip, crop] = [augmentations.includes('flip'), augmentations.includes('crop')];
  if (!flip && !crop) {
    const float = f.cast(images, 'uint8', 'float32');
    return height === size && width === size ? float : resizeImages(f, float, size);
  }
  const own = f.constant(BigInt64Array.of(STREAM << 32n, 0n));
  const drawn = f.op('AddV2', [seed, own], { T: attr.type('int64') });
  return augmentGeometry(f, images, { height, width, size, flip, crop, seed: drawn });
}
