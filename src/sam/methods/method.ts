import type { Fragment, Output } from '../../tensorflow/index.js';

/** A method: what e is made of, and what becomes of the gradients at w and at w + e. */
export interface SamMethod {
  /** For help, with its source. */
  title: string;
  /** Its radius, where nothing else is said. @default that of {@link import('./table.js').rhoOf} */
  rho?: number;
  /** Steps from one ascent to the next, where nothing else is said. @default 1 */
  every?: number;
  /** Default of the method's own number. It is 0 or more. */
  alpha?: number;
  /** The method's own number is below this. @default Infinity */
  alphaBelow?: number;
  /** What alone it perturbs: patterns as in {@link import('./table.js').SamOptions.layers}. */
  layers?: readonly string[];
  /**
   * The diagonal of T_w, the unit in which e is measured: ||e / T_w||_p <= rho. Undefined for a weight that is measured
   * as it is.
   */
  unit?: (f: Fragment, weight: { name: string; value: Output; eta: number }) => Output | undefined;
  /** Makes the gradient for the optimizer; without it that is the gradient at w + e. */
  combine?: (f: Fragment, gradients: GradientPair, alpha: number) => Combined;
  /** Makes the gradient of a step without an ascent, from a direction that `combine` left; else it is that at w. */
  reuse?: (f: Fragment, kept: KeptDirection, alpha: number) => readonly Output[];
}

/** The gradients of all trained weights in two places. */
export interface GradientPair {
  /** At w. */
  clean: readonly Output[];
  /** At w + e. */
  perturbed: readonly Output[];
}

/** What a step with an ascent gives. */
export interface Combined {
  /** For the optimizer. */
  gradients: readonly Output[];
  /** For the steps until the next ascent. */
  directions?: readonly Output[];
}

/** What a step without an ascent has. */
export interface KeptDirection {
  /** The gradients at w. */
  clean: readonly Output[];
  /** Of the last ascent; zeros before the first. */
  directions: readonly Output[];
}
