import type { AugmentationRow } from './augmentation.js';
import { colorJitter } from './color-jitter.js';
import { crop } from './crop.js';
import { cutout, randomErasing } from './erasing.js';
import { flip, verticalFlip } from './flip.js';
import { augMix } from './policies/aug-mix.js';
import { autoAugmentCifar, autoAugmentImagenet, autoAugmentSvhn } from './policies/auto-augment.js';
import { randAugment } from './policies/rand-augment.js';
import { trivialAugment } from './policies/trivial-augment.js';
import { randomResizedCrop } from './random-resized-crop.js';

/** Augmentations by name, as `--augment` takes them. */
export const AUGMENTATIONS = {
  flip,
  'vertical-flip': verticalFlip,
  crop,
  'random-resized-crop': randomResizedCrop,
  'color-jitter': colorJitter,
  'auto-augment-cifar': autoAugmentCifar,
  'auto-augment-svhn': autoAugmentSvhn,
  'auto-augment-imagenet': autoAugmentImagenet,
  'rand-augment': randAugment,
  'trivial-augment': trivialAugment,
  'aug-mix': augMix,
  cutout,
  'random-erasing': randomErasing,
} satisfies Record<string, AugmentationRow>;

/** Name of an augmentation. */
export type AugmentationName = keyof typeof AUGMENTATIONS;
