import { attr, Fragment } from '../tensorflow/index.js';

const T = { T: attr.type('float32') };

/** Names of the fragment's nodes, by the position of a weight. */
export const ASCENT = {
  weight: (i: number) => `w${i}`,
  gradient: (i: number) => `g${i}`,
  perturbed: (i: number) => `p${i}`,
  rho: 'rho',
  /** ||g||_2 over all weights. */
  norm: 'norm',
} as const;

/**
 * The ascent step of SAM as a fragment: from w and its gradient g to w + e, with
 *
 *     e = rho g / ||g||_2
 *
 * over all weights together (arXiv 2010.01412, equation 2 with p = 2). A gradient of zero gives e = 0: the
 * division yields zero there, not NaN. With rho = 0, w + e is w to the last bit.
 *
 * @param count number of weights
 */
export function ascentFragment(count: number): Fragment {
  const f = new Fragment();
  const indices = Array.from({ length: count }, (_, i) => i);
  f.input(ASCENT.rho, 'float32', []);
  for (const i of indices) f.input(ASCENT.gradient(i));
  for (const i of indices) f.input(ASCENT.weight(i));
  const norm = globalNorm(
    f,
    indices.map((i) => ASCENT.gradient(i)),
    ASCENT.norm,
  );
  const scale = f.op('DivNoNan', [ASCENT.rho, norm], T);
  for (const i of indices) {
    const epsilon = f.math('Mul', [ASCENT.gradient(i), scale]);
    f.math('AddV2', [ASCENT.weight(i), epsilon], 'float32', ASCENT.perturbed(i));
  }
  return f;
}

/** ||x||_2 over all of `tensors` together, as a scalar. */
export function globalNorm(f: Fragment, tensors: readonly string[], name?: string): string {
  // L2Loss is half the sum of squares, by a kernel that is fast on every device.
  const halves = tensors.map((tensor) => f.math('L2Loss', [tensor]));
  const sum = f.op('AddN', halves, { ...T, N: attr.int(halves.length) });
  return f.math('Sqrt', [f.math('Mul', [sum, f.scalar(2)])], 'float32', name);
}
