import { invalid } from '../../errors.js';
import { asam } from './asam.js';
import { gsam } from './gsam.js';
import { looksam } from './looksam.js';
import type { SamMethod } from './method.js';
import { gradientNorm, wsam } from './weighted.js';

/** Methods by name. A new one is a row here and, where it has something of its own, a file here. */
export const METHODS = {
  /** e = rho g / ||g||_2, and the gradient at w + e (arXiv 2010.01412, algorithm 1). */
  sam: { title: 'sharpness-aware minimization, arXiv 2010.01412' },
  asam,
  gsam,
  looksam,
  /**
   * SAM that perturbs the gammas and betas of normalization layers alone (arXiv 2306.04226). Their gradient is about a
   * tenth as long as that of all weights (0.13 and 1.6 in a fine-tuning of EfficientNet-Lite0), so the radius that raises
   * the loss as SAM's does is ten times as large. The authors' example takes 10 where ASAM takes 0.5 to 1.
   */
  'norm-only': {
    title: 'perturbs normalization layers alone, arXiv 2306.04226',
    layers: ['norms'],
    rho: 0.5,
  },
  wsam,
  'gradient-norm': gradientNorm,
} satisfies Record<string, SamMethod>;

export type MethodName = keyof typeof METHODS;

/** A method and its numbers. */
export interface SamOptions {
  method: MethodName;
  /** p of the ball ||e||_p <= rho: above 1, or `inf`. @default 2 */
  norm?: number | 'inf';
  /** ASAM's: added to the size of a weight. @default 0.01 */
  eta?: number;
  /** The method's own number. @default its row's */
  alpha?: number;
  /** Share of the elements, drawn anew each step, that is not perturbed: 0 to below 1. @default 0 */
  sparsity?: number;
  /**
   * Patterns with * over names of weights, `layer/weight`, of which at least one matches what is perturbed. Without / a
   * pattern is over names of layers; `norms` stands for gammas and betas of normalization layers. @default all
   */
  layers?: readonly string[];
}

/** The row of a method. */
export const methodOf = ({ method }: Pick<SamOptions, 'method'>): SamMethod => METHODS[method];

/** The radius of SAM's own experiments (arXiv 2010.01412, section 3.1). */
const USUAL_RHO = 0.05;

/** The radius of a method where none is given; without a method SAM's. */
export const rhoOf = (method: MethodName | 'none'): number =>
  (method === 'none' ? undefined : methodOf({ method }).rho) ?? USUAL_RHO;

/** Whether a method makes its gradient from those at w and at w + e, of all weights. */
export const combines = (method: MethodName): boolean => methodOf({ method }).combine !== undefined;

/** Whether a method keeps a direction for the steps without an ascent. */
export const reuses = (method: MethodName): boolean => methodOf({ method }).reuse !== undefined;

/**
 * The number of a method: the given one, or its own.
 *
 * @throws InputError for one that is out of its range
 */
export function alphaOf({ method, alpha }: SamOptions): number {
  const row = methodOf({ method });
  const value = alpha ?? row.alpha ?? 0;
  const below = row.alphaBelow ?? Number.POSITIVE_INFINITY;
  if (value >= 0 && value < below) return value;
  const range = below === Number.POSITIVE_INFINITY ? 'of 0 or more' : `from 0 to below ${below}`;
  throw invalid('--sam-alpha', `a number ${range}`, value, `For ${method} it is ${row.alpha} when left out.`);
}
