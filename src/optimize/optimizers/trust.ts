import { attr, type Fragment, type Output } from '../../tensorflow/index.js';

/** ||x||_2 of one tensor, as a scalar. */
export function norm(f: Fragment, x: Output): Output {
  return f.math('Sqrt', [f.math('Mul', [f.math('L2Loss', [x]), f.scalar(2)])]);
}

/**
 * numerator / denominator as a factor of a step, and 1 where either is zero: a weight of zero could never leave
 * it otherwise.
 */
export function trustRatio(f: Fragment, numerator: Output, denominator: Output): Output {
  const positive = (x: Output) => f.math('Greater', [x, f.scalar(0)]);
  const both = f.op('LogicalAnd', [positive(numerator), positive(denominator)]);
  const ratio = f.math('DivNoNan', [numerator, denominator]);
  return f.op('SelectV2', [both, ratio, f.scalar(1)], { T: attr.type('float32') });
}
