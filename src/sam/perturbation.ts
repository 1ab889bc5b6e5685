import { attr, Fragment, type Output } from '../tensorflow/index.js';
import { methodOf, type SamOptions } from './methods/table.js';
import { steepestAscent } from './norms.js';

export { globalNorm } from './norms.js';

/** Tells the draws of the masks from those of layers and of augmentation. */
const STREAM = 1n << 24n;

/** Names of the fragment's nodes, by the position of a weight. */
export const ASCENT = {
  weight: (i: number) => `w${i}`,
  gradient: (i: number) => `g${i}`,
  perturbed: (i: number) => `p${i}`,
  rho: 'rho',
  /** int64 `[2]`, run seed and step: a parameter only where masks are drawn. */
  seed: 'seed',
  /** The dual norm of the gradient (of T_w g with ASAM) over all perturbed weights, a scalar: ||g||_2 for p = 2. */
  norm: 'norm',
} as const;

/**
 * The ascent step as a fragment: from w and its gradient g to w + e, over all weights together. In this order: the gradient
 * is put in the method's units, h = T_w g; u solves the ascent in the ball ||u||_p <= rho to first order; e = T_w u is
 * masked, e = m e with m drawn anew by seed and step (arXiv 2210.05177). See {@link steepestAscent} for u and
 * the methods for T_w. A gradient of zero gives e = 0, not NaN. With rho = 0, w + e is w to the last bit.
 *
 * @param names of the weights that are perturbed: see `perturbedWeights`
 */
export function ascentFragment(names: readonly string[], options: SamOptions): Fragment {
  const { norm = 2, eta = 0.01, sparsity = 0 } = options;
  const { unit } = methodOf(options);
  const f = new Fragment();
  f.input(ASCENT.rho, 'float32', []);
  for (const i of names.keys()) f.input(ASCENT.gradient(i));
  for (const i of names.keys()) f.input(ASCENT.weight(i));
  if (sparsity > 0) f.input(ASCENT.seed, 'int64', [2]);

  const units = names.map((name, i) => unit?.(f, { name, value: ASCENT.weight(i), eta }));
  const inUnits = (tensors: readonly Output[]) =>
    tensors.map((tensor, i) => (units[i] === undefined ? tensor : f.math('Mul', [tensor, units[i]])));
  const { epsilons } = steepestAscent(f, inUnits(names.map((_, i) => ASCENT.gradient(i))), {
    rho: ASCENT.rho,
    p: norm,
    name: ASCENT.norm,
  });
  for (const [i, epsilon] of inUnits(epsilons).entries()) {
    const masked = sparsity > 0 ? f.math('Mul', [epsilon, maskOf(f, epsilon, i, sparsity)]) : epsilon;
    const there = f.math('AddV2', [ASCENT.weight(i), masked]);
    // Weights that are not perturbed are parameters of the ascent gradient and of the second pass both: without this
    // their gradient at w + e would go through e.
    f.math('StopGradient', [there], 'float32', ASCENT.perturbed(i));
  }
  return f;
}

/** Ones, and zeros at about the share `sparsity` of the elements, in the shape of `tensor`. */
function maskOf(f: Fragment, tensor: Output, position: number, sparsity: number): Output {
  const shape = f.op('Shape', [tensor], { T: attr.type('float32'), out_type: attr.type('int32') });
  const own = f.constant(BigInt64Array.of((STREAM + BigInt(position)) << 32n, 0n));
  const drawn = f.op('StatelessRandomUniform', [shape, f.math('AddV2', [ASCENT.seed, own], 'int64')], {
    dtype: attr.type('float32'),
    T: attr.type('int32'),
    Tseed: attr.type('int64'),
  });
  return f.cast(f.math('GreaterEqual', [drawn, f.scalar(sparsity)]), 'bool', 'float32');
}
