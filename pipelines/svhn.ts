/**
 * WRN-28-10 and Shake-Shake from scratch on SVHN with SAM: table 5 of the SAM paper (arXiv 2010.01412, appendix B.1),
 * hyper-parameters of its table 7. All 604,388 images train, the extra ones included, as in the paper.
 *
 *   node dist/pipelines/svhn.js --out runs/svhn           # WRN-28-10: downloads 1.6 GB into the cache
 *   node dist/pipelines/svhn.js --images train            # without the extra images: 250 MB
 *   node dist/pipelines/svhn.js --network shake-shake-26-2x96d --augment auto-augment --data PATH
 *   node dist/pipelines/svhn.js --no-sam --data PATH      # the base optimizer alone
 *   node dist/pipelines/svhn.js --quick --images train --data PATH   # few images in small: does it run?
 *
 * --network  wide-resnet-28-10, shake-shake-26-2x96d
 * --augment  basic (crops; digits are not mirrored), auto-augment (the policy for SVHN and Cutout, without crops)
 * --images   extra (train and extra), train
 * --seed, --epochs, --data, --out: started again with the same --out, it goes on where it was
 *
 * hardware   one GPU, and 6 GB of memory for the images; the paper's had 8 V100
 * time       not measured
 * expected   not measured by this project. The PAPER's test error in per cent (table 5), with extra images, SAM / SGD:
 *
 *            | network              | basic       | auto-augment |
 *            |---|---|---|
 *            | wide-resnet-28-10    | 1.42 / 1.58 | 0.99 / 1.14  |
 *            | shake-shake-26-2x96d | 1.44 / 1.58 | 1.07 / 1.03  |
 *
 *            Epochs are not in the paper: 160 as for all of SVHN in work of that time (PBA, arXiv 1905.05393).
 * --quick    WRN-40-2 at 16 px on 512 images for 2 epochs, or Shake-Shake at 8 px on 96 images: shows that it runs,
 *            the former in 13 s on 2 cores (with made-up images; the real ones were not at hand)
 */
import { type Preset, runIfMain } from './preset.js';
import { CUTOUT, quickOf, SMALL_IMAGES } from './recipes/small-images.js';

const AUGMENTATIONS = { basic: ['crop'], 'auto-augment': ['auto-augment-svhn', CUTOUT] } as const;
const TASKS = { extra: 'svhn-extra', train: 'svhn' } as const;

const CHOICES = {
  network: ['wide-resnet-28-10', 'shake-shake-26-2x96d'],
  augment: ['basic', 'auto-augment'],
  images: ['extra', 'train'],
} as const;

export const preset: Preset<typeof CHOICES> = {
  choices: CHOICES,
  // Table 7: both networks have the same learning rate, weight decay and rho.
  recipe: ({ network, augment, images }) => ({
    ...SMALL_IMAGES,
    base: `${network}:none`,
    task: TASKS[images],
    augment: [...AUGMENTATIONS[augment]],
    epochs: 160,
    learningRate: 0.01,
    weightDecay: 0.0005,
    rho: 0.01,
  }),
  quick: ({ network }) => quickOf(network),
};

await runIfMain(import.meta.url, preset);
