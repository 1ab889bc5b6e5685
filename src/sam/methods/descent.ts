import { Fragment, type Output } from '../../tensorflow/index.js';
import { alphaOf, methodOf, type SamOptions } from './table.js';

/** Names of the nodes of {@link descentFragment}, by the position of a weight. */
export const DESCENT = {
  clean: (i: number) => `c${i}`,
  perturbed: (i: number) => `p${i}`,
  gradient: (i: number) => `g${i}`,
  /** To be kept for {@link reuseFragment}; only of methods that reuse. */
  direction: (i: number) => `v${i}`,
} as const;

/** Names of the nodes of {@link reuseFragment}, by the position of a weight. */
export const REUSE = {
  clean: (i: number) => `c${i}`,
  direction: (i: number) => `v${i}`,
  gradient: (i: number) => `g${i}`,
} as const;

/**
 * What a method makes of the gradients at w and at w + e, as a fragment: the gradient for the optimizer, and the direction
 * that the steps without an ascent reuse. Norms and products are over all weights together.
 *
 * @param names of all trained weights, also of those that are not perturbed
 * @throws Error for a method that takes the gradient at w + e as it is: ask `combines` first
 * @throws InputError for an alpha that is out of its range
 */
export function descentFragment(names: readonly string[], options: SamOptions): Fragment {
  const { combine } = methodOf(options);
  if (!combine) throw new Error(`The method ${options.method} combines no gradients.`);
  const f = new Fragment();
  const pair = { clean: inputs(f, names, DESCENT.clean), perturbed: inputs(f, names, DESCENT.perturbed) };
  const { gradients, directions = [] } = combine(f, pair, alphaOf(options));
  for (const [i, gradient] of gradients.entries()) f.identity(gradient, DESCENT.gradient(i));
  for (const [i, direction] of directions.entries()) f.identity(direction, DESCENT.direction(i));
  return f;
}

/**
 * The gradient of a step without an ascent, from the gradient at w and the direction of the last ascent, as a fragment.
 *
 * @param names of all trained weights
 * @throws Error for a method that keeps no direction: ask `reuses` first
 * @throws InputError for an alpha that is out of its range
 */
export function reuseFragment(names: readonly string[], options: SamOptions): Fragment {
  const { reuse } = methodOf(options);
  if (!reuse) throw new Error(`The method ${options.method} reuses no direction.`);
  const f = new Fragment();
  const kept = { clean: inputs(f, names, REUSE.clean), directions: inputs(f, names, REUSE.direction) };
  for (const [i, gradient] of reuse(f, kept, alphaOf(options)).entries()) {
    f.identity(gradient, REUSE.gradient(i));
  }
  return f;
}

const inputs = (f: Fragment, names: readonly string[], nameOf: (i: number) => string): Output[] =>
  names.map((_, i) => f.input(nameOf(i)));
