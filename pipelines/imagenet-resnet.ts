/**
 * ResNet-50, -101 and -152 from scratch on ImageNet-1k with SAM: table 2 of the SAM paper (arXiv 2010.01412),
 * hyper-parameters of its sections 3.1 and C.1.
 *
 *   node dist/pipelines/imagenet-resnet.js --data IMAGENET --out runs/imagenet      # ResNet-50, 100 epochs
 *   node dist/pipelines/imagenet-resnet.js --network resnet-152 --epochs 400 --data IMAGENET
 *   node dist/pipelines/imagenet-resnet.js --no-sam --data IMAGENET                 # the base optimizer alone
 *   node dist/pipelines/imagenet-resnet.js --quick --data PATH                      # few images in small: does it run?
 *
 * IMAGENET is any of the layouts that the task imagenet knows: train/ and val/ with a folder for each class, Kaggle's, or the
 * official archives. --quick takes any folder of class folders in train/ and val/.
 *
 * --network  resnet-50, resnet-101, resnet-152
 * --seed, --epochs (100, 200 or 400 in the paper), --out: started again with the same --out, it goes on where it was
 *
 * hardware   GPUs with 32 GB or more together; the paper's had 32 cores of TPUv3, hence m = 128 of 4096 images
 * time       not measured
 * expected   not measured by this project. The PAPER's top-1 error in per cent (table 2), SAM / without SAM:
 *
 *            | network    | 100 epochs  | 200 epochs  | 400 epochs  |
 *            |---|---|---|---|
 *            | resnet-50  | 22.5 / 22.9 | 21.4 / 22.3 | 20.9 / 22.3 |
 *            | resnet-101 | 20.2 / 21.2 | 19.4 / 20.9 | 19.0 / 22.3 |
 *            | resnet-152 | 19.2 / 20.4 | 18.5 / 20.3 | 18.4 / 20.9 |
 *
 * --quick    ResNet at 64 px on 64 images for an epoch: shows that it runs, in 14 s on 2 cores
 */
import type { RecipeInput } from 'sam-finetune';
import { type Preset, runIfMain } from './preset.js';

/**
 * Random crops of 8 to 100 % of the area and flips, Nesterov momentum, cosine without warm-up, clipping at 5, momentum of
 * normalizations, weight decay of biases and normalizations as well: google-research/sam, sam_jax/datasets, training_utils,
 * imagenet_models; there the decay is a part of the loss, so that the ascent follows it too, here it comes after. The rest is
 * the paper's.
 */
const IMAGENET = {
  imageSize: 224,
  augment: ['random-resized-crop', 'flip'],
  // 4096 images an update, in parts that fit into memory.
  batchSize: 512,
  accumulate: 8,
  m: 128,
  epochs: 100,
  sam: 'sam',
  rho: 0.05,
  optimizer: 'nesterov',
  momentum: 0.9,
  learningRate: 1,
  weightDecay: 0.0001,
  schedule: 'cosine',
  warmupEpochs: 0,
  decayAll: true,
  clipNorm: 5,
  labelSmoothing: 0.1,
  bnMomentum: 0.9,
  headInit: 'variance',
  bestMetric: 'last',
} satisfies Partial<RecipeInput>;

const QUICK = {
  imageSize: 64,
  batchSize: 16,
  accumulate: 2,
  m: 8,
  epochs: 1,
  limit: 64,
  learningRate: 0.01,
} satisfies Partial<RecipeInput>;

const CHOICES = { network: ['resnet-50', 'resnet-101', 'resnet-152'] } as const;

export const preset: Preset<typeof CHOICES> = {
  choices: CHOICES,
  recipe: ({ network }) => ({ ...IMAGENET, base: `${network}:none`, task: 'imagenet' }),
  quick: () => QUICK,
};

await runIfMain(import.meta.url, preset);
