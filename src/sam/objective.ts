import type { Graph, Output } from '../tensorflow/index.js';
import { ASCENT, ascentFragment } from './perturbation.js';

/** One forward pass in a graph: where its loss comes out. */
export interface Pass {
  loss: Output;
}

export interface ObjectiveOptions<P extends Pass> {
  /** Names of the trained weights. */
  weights: readonly string[];
  /** The value of a weight, as an output of the graph. */
  read: (weight: string) => Output;
  /**
   * Imports the forward pass and the loss under `prefix`, on the given values of the trained weights. Both
   * passes must see the same batch and the same masks.
   */
  pass: (prefix: string, values: Readonly<Record<string, Output>>) => P;
  /** Scalar output with the radius rho; undefined for the plain gradient, without a second pass. */
  rho?: Output;
}

export interface Objective<P extends Pass> {
  /** The pass at w. Moving statistics are taken from here. */
  clean: P;
  /** The pass at w + e; undefined without SAM. */
  perturbed?: P;
  /** The gradient for the optimizer, by weight: at w + e, or at w without SAM. */
  gradients: ReadonlyMap<string, Output>;
  /** ||g||_2 of the clean gradient; undefined without SAM. */
  cleanNorm?: Output;
}

/**
 * Adds the gradient of the SAM objective to a graph (arXiv 2010.01412, algorithm 1): the gradient g at w, the
 * perturbation e = rho g / ||g||_2, the gradient at w + e. It does not differentiate through e. The variables
 * are never perturbed: w + e exists only as values on the way to the second pass.
 */
export function addObjective<P extends Pass>(graph: Graph, options: ObjectiveOptions<P>): Objective<P> {
  const { weights, read, pass, rho } = options;
  const byWeight = (outputs: readonly Output[]) => new Map(weights.map((name, i) => [name, outputs[i]!]));

  // 1) the gradient at w
  const values = weights.map(read);
  const clean = pass('clean', Object.fromEntries(byWeight(values)));
  const cleanGradients = graph.gradients([clean.loss], values, 'clean_gradients');
  if (rho === undefined) return { clean, gradients: byWeight(cleanGradients) };

  // 2) w + e
  const bindings: Record<string, Output> = { [ASCENT.rho]: rho };
  weights.forEach((_, i) => {
    bindings[ASCENT.weight(i)] = values[i]!;
    bindings[ASCENT.gradient(i)] = cleanGradients[i]!;
  });
  graph.import(ascentFragment(weights.length), 'ascent', bindings);
  const perturbedValues = weights.map((_, i) => `ascent/${ASCENT.perturbed(i)}`);

  // 3) the gradient at w + e
  const perturbed = pass('perturbed', Object.fromEntries(byWeight(perturbedValues)));
  const gradients = graph.gradients([perturbed.loss], perturbedValues, 'sam_gradients');
  return { clean, perturbed, gradients: byWeight(gradients), cleanNorm: `ascent/${ASCENT.norm}` };
}
