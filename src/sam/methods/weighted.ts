import type { Fragment, Output } from '../../tensorflow/index.js';
import type { GradientPair, SamMethod } from './method.js';

/**
 * WSAM (arXiv 2305.15817) weighs the sharpness L(w + e) - L(w) as a term of its own:
 *
 *     L(w) + gamma / (1 - gamma) (L(w + e) - L(w))
 *     gradient = g + gamma / (1 - gamma) (g_p - g)
 *
 * gamma = 0.5 is SAM, 0 the base optimizer. Here the optimizer gets the sum (the paper's coupled form); for SGD without
 * momentum that is the decoupled form as well.
 */
export const wsam: SamMethod = {
  title: 'weighs the sharpness by gamma / (1 - gamma), arXiv 2305.15817',
  alpha: 0.9,
  alphaBelow: 1,
  combine: (f, pair, gamma) => ({ gradients: weighted(f, pair, gamma / (1 - gamma)) }),
};

/**
 * Penalizing the gradient norm (arXiv 2202.03599, algorithm 1): of L(w) + lambda ||g||, with alpha = lambda / rho,
 *
 *     gradient = (1 - alpha) g + alpha g_p
 *
 * alpha = 1 is SAM, 0 the base optimizer.
 */
export const gradientNorm: SamMethod = {
  title: 'penalizes the norm of the gradient, arXiv 2202.03599',
  alpha: 0.8,
  combine: (f, pair, alpha) => ({ gradients: weighted(f, pair, alpha) }),
};

/** g + weight (g_p - g): exactly g where both are the same. */
function weighted(f: Fragment, { clean, perturbed }: GradientPair, weight: number): Output[] {
  return clean.map((g, i) =>
    f.math('AddV2', [g, f.math('Mul', [f.math('Sub', [perturbed[i]!, g]), f.scalar(weight)])]),
  );
}
