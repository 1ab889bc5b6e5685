import { z } from 'zod';
import { AUGMENTATIONS } from '../../augment/index.js';
import { namesOf } from '../../named.js';
import { list, named, option, switchable, whole } from './option.js';

/** What happens to the images on their way in. */
export const AUGMENTING = {
  imageSize: option(
    whole(1).optional(),
    '<pixels>',
    "side of the network's input; left out: what suits the task, else the base's own size",
  ),
  augment: option(
    list(named(AUGMENTATIONS, '--augment')).optional(),
    '<names>',
    `comma-separated, with their numbers: ${namesOf(AUGMENTATIONS)}; none; left out: what suits the task`,
  ),
  mixup: option(
    switchable(z.number().min(0)).default(0),
    '<alpha>',
    'mixes pairs of images, with shares from Beta(alpha, alpha); 0: none',
  ),
  cutmix: option(
    switchable(z.number().min(0)).default(0),
    '<alpha>',
    'pastes a box of one image into another, its area from Beta(alpha, alpha); 0: none',
  ),
  mixMode: option(
    z.enum(['batch', 'image']).default('batch'),
    '<mode>',
    'one share and box for a batch, or one an image',
  ),
  mixSwitch: option(
    z.number().min(0).max(1).default(0.5),
    '<probability>',
    'where both are on: how often it is CutMix rather than mixup',
  ),
  mixProbability: option(
    z.number().min(0).max(1).default(1),
    '<probability>',
    'how often images are mixed at all',
  ),
  mixOffEpochs: option(switchable(whole(0)).default(0), '<epochs>', 'last epochs without mixing'),
} as const;
