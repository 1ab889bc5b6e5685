import { Fragment, type Output } from './fragment.js';
import { attr } from './proto.js';

/**
 * The border of what may be computed in low precision: from here on it is float32, in mixed precision too. The value is
 * divided by `divisor`, a scalar, by default 1, which leaves every bit as it is, as any power of two does.
 *
 * TensorFlow's rewriter goes by lists of operations. Behind a convolution or a matrix product it takes products, sums
 * and logarithms of softmax into the low precision, however little they bear it: w + e would be rounded to 8 or 11 bits,
 * and so would losses. DivNoNan is in none of its lists, so neither it nor what follows is taken along. NaN and infinity
 * come out as they are.
 */
export function inFloat32(
  f: Fragment,
  value: Output,
  { divisor = f.scalar(1), name }: { divisor?: Output; name?: string } = {},
): Output {
  return f.op('DivNoNan', [value, divisor], { T: attr.type('float32') }, name);
}

/** Names of the nodes of {@link unscaleFragment}, by position. */
export const UNSCALE = {
  /** Scalar that the loss was multiplied by; 1 where it was not. */
  scale: 'scale',
  gradient: (i: number) => `g${i}`,
  unscaled: (i: number) => `u${i}`,
} as const;

/**
 * Gradients divided by the factor of their loss (arXiv 1710.03740), {@link inFloat32}. In mixed precision it belongs
 * between the backward pass and all that is computed from gradients, with a factor of 1 too.
 *
 * A product with the inverse would not do: the rewriter takes it into the low precision, where small gradients vanish
 * again; and the inverse of a factor above 2^126 is subnormal, which kernels take for zero.
 */
export function unscaleFragment(count: number): Fragment {
  const f = new Fragment();
  const divisor = f.input(UNSCALE.scale, 'float32', []);
  for (let i = 0; i < count; i++) {
    inFloat32(f, f.input(UNSCALE.gradient(i)), { divisor, name: UNSCALE.unscaled(i) });
  }
  return f;
}
