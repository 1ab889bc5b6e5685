/**
 * WRN-28-10 and Shake-Shake from scratch on Fashion-MNIST with SAM: table 5 of the SAM paper (arXiv 2010.01412,
 * appendix B.1), hyper-parameters of its table 7.
 *
 *   node dist/pipelines/fashion-mnist.js --out runs/fashion-mnist     # WRN-28-10: downloads 31 MB into the cache
 *   node dist/pipelines/fashion-mnist.js --network shake-shake-26-2x96d --augment cutout --data PATH
 *   node dist/pipelines/fashion-mnist.js --no-sam --data PATH         # the base optimizer alone
 *   node dist/pipelines/fashion-mnist.js --quick --data PATH          # few images in small: does it run?
 *
 * --network  wide-resnet-28-10, shake-shake-26-2x96d
 * --augment  basic (flips, crops), cutout (what the paper's table calls auto augment: there it is Cutout alone)
 * --seed, --epochs, --data, --out: started again with the same --out, it goes on where it was
 *
 * hardware   one GPU; the paper's had 8 V100
 * time       not measured
 * expected   not measured by this project. The PAPER's test error in per cent (table 5), SAM / SGD:
 *
 *            | network              | basic       | cutout      |
 *            |---|---|---|
 *            | wide-resnet-28-10    | 3.98 / 4.57 | 3.61 / 3.86 |
 *            | shake-shake-26-2x96d | 3.97 / 4.37 | 3.59 / 3.76 |
 *
 *            Epochs are not in the paper: those of the same networks on CIFAR. Images are of one channel there, of three
 *            equal ones here, and are scaled by the statistics of CIFAR.
 * --quick    WRN-40-2 at 16 px on 512 images for 2 epochs, or Shake-Shake at 8 px on 96 images: shows that it runs,
 *            the former in 13 s on 2 cores (with made-up images; the real ones were not at hand)
 */
import { type Preset, runIfMain } from './preset.js';
import { BASIC, CUTOUT, quickOf, SMALL_IMAGES } from './recipes/small-images.js';

/** Table 7 of the paper. */
const ROWS = {
  'wide-resnet-28-10': { epochs: 200, rho: 0.05 },
  'shake-shake-26-2x96d': { epochs: 1800, rho: 0.02 },
} as const;

const AUGMENTATIONS = { basic: BASIC, cutout: [...BASIC, CUTOUT] } as const;

const CHOICES = {
  network: ['wide-resnet-28-10', 'shake-shake-26-2x96d'],
  augment: ['basic', 'cutout'],
} as const;

export const preset: Preset<typeof CHOICES> = {
  choices: CHOICES,
  recipe: ({ network, augment }) => ({
    ...SMALL_IMAGES,
    ...ROWS[network],
    base: `${network}:none`,
    task: 'fashion-mnist',
    imageSize: 28,
    augment: [...AUGMENTATIONS[augment]],
    learningRate: 0.1,
    weightDecay: 0.0005,
  }),
  quick: ({ network }) => quickOf(network),
};

await runIfMain(import.meta.url, preset);
