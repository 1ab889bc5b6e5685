import type { Optimizer, Slot } from './optimizer.js';
import { adam, adamw } from './optimizers/adam.js';
import { momentum, nesterov, sgd } from './optimizers/descent.js';
import { lamb } from './optimizers/lamb.js';
import { lars } from './optimizers/lars.js';
import { lion } from './optimizers/lion.js';
import { rmsprop } from './optimizers/rmsprop.js';

/** Optimizers by name, over TensorFlow's own kernels where it has them. */
export const OPTIMIZERS = {
  sgd,
  momentum,
  nesterov,
  rmsprop,
  adam,
  adamw,
  lamb,
  lars,
  lion,
} satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof OPTIMIZERS;

/** The state that an optimizer keeps for each weight: in a checkpoint it is called `weight/slot`. */
export const slotsOf = (optimizer: OptimizerName): readonly Slot[] => OPTIMIZERS[optimizer].slots;
