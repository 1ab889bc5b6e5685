import type { Model } from '../../model/index.js';
import type { UpdateOptions } from '../../optimize/index.js';
import type { SamOptions } from '../../sam/index.js';
import type { SessionConfig, Tensor } from '../../tensorflow/index.js';
import type { BatchFragmentOptions } from './batch.js';
import type { Plan } from './plan.js';

/** What is fixed when a training graph is assembled. */
export interface ProgramOptions extends BatchFragmentOptions, UpdateOptions {
  /** How the gradient at w + e is made; undefined: a step has one pass, at w. */
  sam?: SamOptions;
  /** Steps from one ascent to the next. @default 1 */
  samEvery?: number;
  /** The first step that may ascend, from 0. @default 0 */
  samFrom?: number;
  /** Part of each sub-batch that the ascent gradient is taken from. @default 1 */
  ascentFraction?: number;
  /** How an update is divided. @default one batch in one run */
  plan?: Plan;
  /** A row of the losses, with its numbers. @default 'cross-entropy' */
  loss?: string;
  classWeights?: readonly number[];
  /** A model whose answers are learned as well. */
  distill?: { teacher: Model; alpha: number; temperature: number };
  /** Patterns of weights without decay, besides biases and norms. */
  decayExclude?: readonly string[];
  /** Biases and norms decay as well. @default false */
  decayAll?: boolean;
  /** The learning rate of a weight, as a multiple. @default 1 for all */
  rateOf?: (weight: string) => number;
  /** Updates applied before a weight began to train. @default 0 for all */
  sinceOf?: (weight: string) => number;
  /** Whether a weight is of the head: adaptive clipping and LARS's and LAMB's ratios leave it out. @default none */
  isHead?: (weight: string) => boolean;
  /** Weights that do not train; their layers' batch normalizations stay as they are. */
  frozen?: ReadonlySet<string>;
  /** Whether batch normalizations are frozen altogether. @default false */
  frozenNorms?: boolean;
  /** Momentum of the moving statistics; undefined for each layer's own. */
  bnMomentum?: number;
  /** Keep averages of the weights beside them. @default false */
  averaged?: boolean;
  /** Whether steps are given a factor of the loss; with mixed precision they must be. @default false */
  lossScaled?: boolean;
  /** Whether steps tell the classes of the pass at w. @default false */
  predictions?: boolean;
  /** Compute activations again on the way back instead of keeping them. @default false */
  recompute?: boolean;
  /** Seed of masks and augmentation. */
  seed: number;
  session?: SessionConfig;
  /** Devices that sub-batches side by side compute on, in turns. @default TensorFlow's choice for all of them */
  devices?: readonly string[];
}

/** One batch of an update. The caller keeps the tensors. */
export interface StepBatch {
  /** uint8 `[batch, height, width, 3]`, or float32 features */
  images: Tensor;
  /** int32 `[batch]` */
  labels: Tensor;
}

/** What one step is told. */
export interface StepInput {
  /** The images of the update: as many batches as are accumulated. */
  batches: readonly StepBatch[];
  /** Steps done before this one: it selects the masks. */
  step: number;
  /** Updates applied before this one, which Adam counts. @default step */
  updates?: number;
  learningRate: number;
  rho: number;
  /** @default 1 */
  lossScale?: number;
  /** Mix images, where the program does. @default true */
  mixing?: boolean;
}

/** What one step says. */
export interface StepResult {
  /** Loss at w. */
  loss: number;
  /** Loss at w + e; undefined in a step without ascent. */
  perturbedLoss?: number;
  /** Norm of the ascent gradient, in the norm of the method; undefined in a step without ascent. */
  ascentNorm?: number;
  /** Norm of the gradient that the optimizer got, before clipping. */
  gradNorm: number;
  /** False where loss or gradient was not a number: then nothing has changed. */
  applied: boolean;
  /** Likeliest class at w of each image that the pass at w took, where asked for; images by their place in the update. */
  predictions?: { images: Int32Array; classes: Int32Array };
}
