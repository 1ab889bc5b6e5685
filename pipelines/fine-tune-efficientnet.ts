/**
 * EfficientNet-B7 (pretrained on ImageNet) and EfficientNet-L2 (on ImageNet and unlabelled JFT) fine-tuned with SAM on
 * nine data sets: table 3 of the SAM paper (arXiv 2010.01412), hyper-parameters of its appendix C.2.
 *
 *   node dist/pipelines/fine-tune-efficientnet.js --out runs/b7             # B7, CIFAR-10
 *   node dist/pipelines/fine-tune-efficientnet.js --network efficientnet-l2-475 --task cifar100
 *   node dist/pipelines/fine-tune-efficientnet.js --task flowers            # downloaded where they are not there yet
 *   node dist/pipelines/fine-tune-efficientnet.js --no-sam --task flowers   # the base optimizer alone
 *   node dist/pipelines/fine-tune-efficientnet.js --task aircraft --data AIRCRAFT
 *   node dist/pipelines/fine-tune-efficientnet.js --quick --data PATH       # Lite0 on few images in small: does it run?
 *
 * --data names the folder that the files of the task are in, as `sam-finetune tasks` tells for its name; for aircraft and
 * birdsnap, which have none, a folder with train/ and val/, each with a folder for each class. Others but imagenet, and
 * --quick, take such a folder as well.
 *
 * --network  efficientnet-b7, efficientnet-l2-475
 * --task     cifar10, cifar100, flowers, pets, cars, aircraft, birdsnap, food101, imagenet
 * --seed, --epochs, --out: started again with the same --out, it goes on where it was
 *
 * hardware   a GPU with 80 GB; the paper's had 64 cores of TPUv3 for B7 and 128 for L2, hence m = 16 and m = 4
 * time       not measured
 * expected   not measured by this project. The PAPER's test error in per cent (table 3), SAM / without SAM:
 *
 *            | task     | efficientnet-b7 | efficientnet-l2-475 |
 *            |---|---|---|
 *            | cifar10  | 0.88 / 0.95     | 0.30 / 0.34         |
 *            | cifar100 | 7.44 / 7.68     | 3.92 / 4.07         |
 *            | flowers  | 0.63 / 1.16     | 0.35 / 0.40         |
 *            | pets     | 3.97 / 4.24     | 2.90 / 3.08         |
 *            | cars     | 5.18 / 5.94     | 4.04 / 4.93         |
 *            | aircraft | 6.80 / 8.15     | 4.82 / 5.80         |
 *            | birdsnap | 13.64 / 14.30   | 9.93 / 10.31        |
 *            | food101  | 7.02 / 7.17     | 3.82 / 3.97         |
 *            | imagenet | 15.14 / 15.3    | 11.39 / 11.8        |
 *
 *            They are at the best rho of each data set, which the paper does not tell. With rho 0.05, as here, B7 has
 *            (table 10): cifar10 0.88, cifar100 7.56, flowers 0.81, pets 4.15, cars 5.57, aircraft 7.06,
 *            birdsnap 13.64, food101 7.06.
 * --quick    EfficientNet-Lite0 at 64 px on 256 images for 3 epochs: 54 % of five kinds of flowers in 18 s on 2 cores
 */
import type { RecipeInput } from 'sam-finetune';
import { type Preset, runIfMain } from './preset.js';

/** Training images of each task (arXiv 1905.11946, table 6): updates are counted in epochs here, in steps there. */
const TRAINING_IMAGES = {
  cifar10: 50_000,
  cifar100: 50_000,
  flowers: 2040,
  pets: 3680,
  cars: 8144,
  aircraft: 6667,
  birdsnap: 47_386,
  food101: 75_750,
  imagenet: 1_281_167,
} as const;

type TaskName = keyof typeof TRAINING_IMAGES;

/** Tasks without a name of their own. */
const FOLDERS: readonly TaskName[] = ['aircraft', 'birdsnap'];

interface Row {
  base: string;
  imageSize: number;
  /** Images in memory at a time; an update has 16 times as many. */
  batchSize: number;
  m: number;
  steps: number;
  learningRate: number;
}

const ACCUMULATE = 16;

/** Appendix C.2: B7 from RandAugment's weights, batch 1024, 5,000 steps; L2 from NoisyStudent's at 475 px, half of the batch. */
const ROWS = {
  'efficientnet-b7': {
    base: 'efficientnet-b7:randaugment',
    imageSize: 600,
    batchSize: 64,
    m: 16,
    steps: 5000,
    learningRate: 0.016,
  },
  'efficientnet-l2-475': {
    base: 'efficientnet-l2-475',
    imageSize: 475,
    batchSize: 32,
    m: 4,
    steps: 10_000,
    learningRate: 0.008,
  },
} as const satisfies Record<string, Row>;

/**
 * Normalizations as the base has them, weight decay as EfficientNet's, cosine: the paper. Nesterov momentum, no warm-up,
 * clipping at 5, decay of biases and normalizations as well: google-research/sam, training_utils; there the decay is a part of
 * the loss, so that the ascent follows it too, here it comes after.
 */
const FINE_TUNING = {
  accumulate: ACCUMULATE,
  sam: 'sam',
  rho: 0.05,
  optimizer: 'nesterov',
  momentum: 0.9,
  weightDecay: 0.00001,
  decayAll: true,
  schedule: 'cosine',
  warmupEpochs: 0,
  clipNorm: 5,
  labelSmoothing: 0,
  bn: 'frozen',
  headInit: 'variance',
  bestMetric: 'last',
} as const satisfies Partial<RecipeInput>;

/** The classifier stays, 10 epochs; label smoothing and clipping as in the README of google-research/sam. */
const IMAGENET = {
  epochs: 10,
  learningRate: 0.1,
  keepMatchingClasses: true,
  labelSmoothing: 0.1,
  clipNorm: 1,
} as const satisfies Partial<RecipeInput>;

const QUICK = {
  base: 'efficientnet-lite0',
  imageSize: 64,
  batchSize: 16,
  accumulate: 2,
  m: 8,
  epochs: 3,
  limit: 256,
  // For 32 images an update, not 1024: with the full rate the network collapses.
  learningRate: 0.002,
  // Drawn for a thousand classes, the start is far off for ten: too far for so few updates.
  headInit: 'zeros',
} as const satisfies Partial<RecipeInput>;

const CHOICES = {
  network: ['efficientnet-b7', 'efficientnet-l2-475'],
  task: Object.keys(TRAINING_IMAGES) as [TaskName, ...TaskName[]],
} as const;

const isCifar = (task: TaskName): boolean => task === 'cifar10' || task === 'cifar100';

export const preset: Preset<typeof CHOICES> = {
  choices: CHOICES,
  isFolder: ({ task }) => FOLDERS.includes(task),
  recipe({ network, task }) {
    const { steps, ...row } = ROWS[network];
    const stepsPerEpoch = Math.floor(TRAINING_IMAGES[task] / (row.batchSize * ACCUMULATE));
    return {
      ...FINE_TUNING,
      ...row,
      task: task === 'flowers' ? 'flowers102' : task,
      // Images of other tasks are resized and not augmented.
      augment: isCifar(task) ? ['auto-augment-cifar', 'flip', 'crop', 'cutout:0.5'] : [],
      epochs: Math.round(steps / stepsPerEpoch),
      ...(task === 'imagenet' && IMAGENET),
    };
  },
  quick: () => QUICK,
};

await runIfMain(import.meta.url, preset);
