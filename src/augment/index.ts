/** Augmentation of images, in the graph. */
export {
  type Augmentation,
  type AugmentOptions,
  augment,
  decoderCrop,
  parseAugmentations,
} from './augment.js';
export type { AugmentationRow } from './augmentation.js';
export { type Mixable, type MixOptions, mix } from './mix.js';
export { AUGMENTATIONS, type AugmentationName } from './table.js';
