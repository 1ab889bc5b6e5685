import { attr } from '../../tensorflow/index.js';
import { globalNorm, orthogonalPart } from '../norms.js';
import type { SamMethod } from './method.js';

/** A direction shorter than this share of its gradient is what rounding left of it. */
const ROUNDING = 1e-5;

/**
 * LookSAM (arXiv 2203.02714, algorithm 1) ascends at every k-th step only. There the optimizer gets g_s, the gradient at
 * w + e, and the part of it that is orthogonal to the gradient g at w is kept, since it changes slowly:
 *
 *     g_v = g_s - (<g_s, g> / ||g||^2) g
 *
 * The steps between take one gradient and turn it by the kept direction:
 *
 *     gradient = g + alpha (||g|| / ||g_v||) g_v
 *
 * Where g_s is parallel to g up to rounding (rho = 0 is such a case) g_v is zero: else those steps would blow noise up to
 * the length of the gradient.
 */
export const looksam: SamMethod = {
  title: 'ascends at every 5th step and reuses its direction between, arXiv 2203.02714',
  every: 5,
  alpha: 0.7,
  combine: (f, { clean, perturbed }) => {
    const directions = orthogonalPart(f, perturbed, clean);
    const least = f.math('Mul', [globalNorm(f, perturbed), f.scalar(ROUNDING)]);
    const isDirection = f.cast(f.math('Greater', [globalNorm(f, directions), least]), 'bool', 'float32');
    return {
      gradients: perturbed,
      directions: directions.map((direction) => f.math('Mul', [direction, isDirection])),
    };
  },
  reuse: (f, { clean, directions }, alpha) => {
    const ratio = f.op('DivNoNan', [globalNorm(f, clean), globalNorm(f, directions)], {
      T: attr.type('float32'),
    });
    const scale = f.math('Mul', [ratio, f.scalar(alpha)]);
    return clean.map((g, i) => f.math('AddV2', [g, f.math('Mul', [directions[i]!, scale])]));
  },
};
