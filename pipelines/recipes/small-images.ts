import type { RecipeInput } from 'sam-finetune';

/** Networks for images of 32 pixels that the SAM paper trains from scratch. */
export type SmallNetwork = 'wide-resnet-28-10' | 'shake-shake-26-2x96d' | 'pyramidnet-272-alpha200';

/**
 * What the runs on CIFAR, SVHN and Fashion-MNIST have in common.
 *
 * Batch 256 on 8 GPUs, each perturbing its own 32 images, SAM with p = 2: arXiv 2010.01412, sections 3.1 and C.1.
 * Nesterov momentum 0.9, cosine without warm-up, clipping at 5, no label smoothing, and the classifier's start:
 * google-research/sam, sam_jax/training_utils and sam_jax/models; the weight decay of biases and normalizations as well. There
 * the decay is a part of the loss, so that the ascent follows it too; here it comes after. The error is that of the last
 * epoch.
 */
export const SMALL_IMAGES = {
  batchSize: 256,
  m: 32,
  sam: 'sam',
  optimizer: 'nesterov',
  momentum: 0.9,
  schedule: 'cosine',
  warmupEpochs: 0,
  decayAll: true,
  clipNorm: 5,
  labelSmoothing: 0,
  bnMomentum: 0.9,
  headInit: 'variance',
  bestMetric: 'last',
} as const satisfies Partial<RecipeInput>;

/** Horizontal flips, and crops out of the image padded by an eighth: 4 pixels of 32. */
export const BASIC = ['flip', 'crop'];

/** A square of half the image's side: 16 pixels of 32, arXiv 1708.04552. */
export const CUTOUT = 'cutout:0.5';

const QUICK = {
  'wide-resnet-28-10': {
    base: 'wide-resnet-40-2:none',
    imageSize: 16,
    limit: 512,
    batchSize: 64,
    m: 16,
    epochs: 2,
  },
  'shake-shake-26-2x96d': { imageSize: 8, limit: 96, batchSize: 32, m: 16, epochs: 1 },
  // Of its 272 layers one branch is enough: each more takes as long to assemble.
  'pyramidnet-272-alpha200': { imageSize: 8, limit: 32, batchSize: 16, m: 8, replicas: 1, epochs: 1 },
} as const satisfies Record<SmallNetwork, Partial<RecipeInput>>;

/** In small: a thin WideResNet on half the side, the others whole on a quarter of it. */
export const quickOf = (network: SmallNetwork): Partial<RecipeInput> => QUICK[network];
