/**
 * WideResNet, Shake-Shake and PyramidNet + ShakeDrop from scratch on CIFAR-10 and CIFAR-100 with SAM: table 1 of the SAM
 * paper (arXiv 2010.01412), hyper-parameters of its table 6.
 *
 *   node dist/pipelines/cifar.js --out runs/cifar                  # WRN-28-10, CIFAR-10: downloads 170 MB into the cache
 *   node dist/pipelines/cifar.js --network shake-shake-26-2x96d --task cifar100 --augment auto-augment --data PATH
 *   node dist/pipelines/cifar.js --no-sam --epochs 400 --data PATH # the paper's baseline: SGD may take twice the epochs
 *   node dist/pipelines/cifar.js --quick --data PATH               # few images in small: does it run?
 *
 * --network  wide-resnet-28-10 (200 epochs), wide-resnet-28-10-1800 (1800 epochs), shake-shake-26-2x96d (1800),
 *            pyramidnet-272-alpha200 (with ShakeDrop, 1800)
 * --task     cifar10, cifar100
 * --augment  basic (flips, crops), cutout, auto-augment (with Cutout, as in arXiv 1805.09501)
 * --seed, --epochs, --data, --out: started again with the same --out, it goes on where it was
 *
 * hardware   one GPU; the paper's had 8 V100
 * time       not measured
 * expected   not measured by this project. The PAPER's test error in per cent (table 1), SAM / SGD, mean of 5 runs:
 *
 *            | network                 | augment      | cifar10   | cifar100    |
 *            |---|---|---|---|
 *            | wide-resnet-28-10       | basic        | 2.7 / 3.5 | 16.5 / 18.8 |
 *            |                         | cutout       | 2.3 / 2.6 | 14.9 / 16.9 |
 *            |                         | auto-augment | 2.1 / 2.3 | 13.6 / 15.8 |
 *            | wide-resnet-28-10-1800  | basic        | 2.4 / 3.5 | 16.3 / 19.1 |
 *            |                         | cutout       | 2.1 / 2.7 | 14.0 / 17.4 |
 *            |                         | auto-augment | 1.6 / 2.2 | 12.8 / 16.1 |
 *            | shake-shake-26-2x96d    | basic        | 2.3 / 2.7 | 15.1 / 17.0 |
 *            |                         | cutout       | 2.0 / 2.3 | 14.2 / 15.7 |
 *            |                         | auto-augment | 1.6 / 1.9 | 12.8 / 14.1 |
 *            | pyramidnet-272-alpha200 | basic        | 2.1 / 2.5 | 13.3 / 14.5 |
 *            |                         | cutout       | 1.6 / 1.9 | 11.3 / 11.8 |
 *            |                         | auto-augment | 1.4 / 1.6 | 10.3 / 10.6 |
 *
 *            Epochs of Shake-Shake and PyramidNet are not in the paper: those of google-research/sam, sam_jax/models.
 * --quick    WRN-40-2 at 16 px on 512 images for 2 epochs, or the others at 8 px on 96 or 32 images: shows that it runs,
 *            in 12, 11 and 49 s on 2 cores
 */
import { type Preset, runIfMain } from './preset.js';
import { BASIC, CUTOUT, quickOf, SMALL_IMAGES, type SmallNetwork } from './recipes/small-images.js';

type TaskName = 'cifar10' | 'cifar100';

interface Row {
  network: SmallNetwork;
  epochs: number;
  learningRate: Record<TaskName, number>;
  weightDecay: number;
  rho: Record<TaskName, number>;
}

/** Table 6 of the paper. */
const ROWS = {
  'wide-resnet-28-10': {
    network: 'wide-resnet-28-10',
    epochs: 200,
    learningRate: { cifar10: 0.1, cifar100: 0.1 },
    weightDecay: 0.0005,
    rho: { cifar10: 0.05, cifar100: 0.1 },
  },
  'wide-resnet-28-10-1800': {
    network: 'wide-resnet-28-10',
    epochs: 1800,
    learningRate: { cifar10: 0.05, cifar100: 0.05 },
    weightDecay: 0.001,
    rho: { cifar10: 0.05, cifar100: 0.1 },
  },
  'shake-shake-26-2x96d': {
    network: 'shake-shake-26-2x96d',
    epochs: 1800,
    learningRate: { cifar10: 0.02, cifar100: 0.02 },
    weightDecay: 0.001,
    rho: { cifar10: 0.02, cifar100: 0.05 },
  },
  'pyramidnet-272-alpha200': {
    network: 'pyramidnet-272-alpha200',
    epochs: 1800,
    learningRate: { cifar10: 0.02, cifar100: 0.05 },
    weightDecay: 0.0005,
    rho: { cifar10: 0.05, cifar100: 0.05 },
  },
} as const satisfies Record<string, Row>;

const AUGMENTATIONS = {
  basic: BASIC,
  cutout: [...BASIC, CUTOUT],
  'auto-augment': ['auto-augment-cifar', ...BASIC, CUTOUT],
} as const;

const names = <K extends string>(table: Record<K, unknown>) => Object.keys(table) as [K, ...K[]];

const CHOICES = {
  network: names(ROWS),
  task: ['cifar10', 'cifar100'],
  augment: names(AUGMENTATIONS),
} as const;

export const preset: Preset<typeof CHOICES> = {
  choices: CHOICES,
  recipe({ network, task, augment }) {
    const row = ROWS[network];
    return {
      ...SMALL_IMAGES,
      base: `${row.network}:none`,
      task,
      augment: [...AUGMENTATIONS[augment]],
      epochs: row.epochs,
      learningRate: row.learningRate[task],
      weightDecay: row.weightDecay,
      rho: row.rho[task],
    };
  },
  quick: ({ network }) => quickOf(ROWS[network].network),
};

await runIfMain(import.meta.url, preset);
