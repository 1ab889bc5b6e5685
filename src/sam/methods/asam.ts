import type { SamMethod } from './method.js';

/** What is added to a layer's output: it has no scale of its own that another layer could undo. */
const ADDED = /\/(bias|beta|offset)$/;

/**
 * Adaptive SAM (arXiv 2102.11600): the ball is measured in units of the weights,
 *
 *     ||e / T_w||_p <= rho,  T_w = |w| + eta
 *     e = rho T_w^2 g / ||T_w g||_2          for p = 2
 *     e = rho T_w sign(g)                    for p = inf
 *
 * so that scaling one layer up and the next one down, which leaves the network as it is, leaves its sharpness as it is.
 * As in the authors' program, T_w is |w| + eta for kernels and for the gammas of normalization layers (whatever PyTorch
 * calls `weight`), and 1 for what is added, biases and betas: those are no scales, and start at zero.
 */
export const asam: SamMethod = {
  title: 'adaptive: in units of the weights, arXiv 2102.11600',
  // Of the paper's experiments on CIFAR-10, and the default of the authors' program.
  rho: 0.5,
  unit: (f, { name, value, eta }) =>
    ADDED.test(name) ? undefined : f.math('AddV2', [f.math('Abs', [value]), f.scalar(eta)]),
};
