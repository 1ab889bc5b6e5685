import { attr, type Fragment, type Output } from '../tensorflow/index.js';

const T = { T: attr.type('float32') };
/** The smallest normal float32: keeps a division by a largest element of zero from being 0 / 0. */
const SMALLEST = 2 ** -126;

/** ||x||_2 over all of `tensors` together, as a scalar. */
export function globalNorm(f: Fragment, tensors: readonly Output[], name?: string): Output {
  // L2Loss is half the sum of squares, by a kernel that is fast on every device.
  const halves = tensors.map((tensor) => f.math('L2Loss', [tensor]));
  return f.math('Sqrt', [f.math('Mul', [addAll(f, halves), f.scalar(2)])], 'float32', name);
}

/** <x, y> over all of the tensors together, as a scalar. */
export function innerProduct(f: Fragment, x: readonly Output[], y: readonly Output[]): Output {
  return addAll(
    f,
    x.map((tensor, i) => reduceAll(f, 'Sum', f.math('Mul', [tensor, y[i]!]))),
  );
}

/**
 * x - (<x, y> / <y, y>) y, the part of x that is orthogonal to y, over all tensors together; x where y is zero.
 * Where x and y are the same to the last bit it is exactly zero: both products come from the same operations.
 */
export function orthogonalPart(f: Fragment, x: readonly Output[], y: readonly Output[]): Output[] {
  const factor = f.op('DivNoNan', [innerProduct(f, x, y), innerProduct(f, y, y)], T);
  return x.map((tensor, i) => f.math('Sub', [tensor, f.math('Mul', [y[i]!, factor])]));
}

/** The first-order solution of an ascent in a ball. */
export interface Ascent {
  /** ||g||_q over all tensors together, a scalar: the rise of the loss for a radius of 1. */
  norm: Output;
  /** e of each tensor. */
  epsilons: readonly Output[];
}

/**
 * The e with ||e||_p <= rho that raises <e, g> most, over all tensors together (arXiv 2010.01412, equation 2):
 *
 *     e = rho sign(g) |g|^(q-1) / (||g||_q^q)^(1/p),  1/p + 1/q = 1
 *
 * so rho g / ||g||_2 for p = 2 and rho sign(g) for p = inf. A gradient of zero gives e = 0. For p other than 2 and
 * inf the elements are divided by the largest first, so that no power of them leaves the range of float32; the squares of
 * p = 2 leave it for gradients that are longer than 1e19 or shorter than 1e-22, and e is 0 then.
 *
 * @param rho scalar
 * @param name of the node of the norm
 */
export function steepestAscent(
  f: Fragment,
  gradients: readonly Output[],
  { rho, p, name }: { rho: Output; p: number | 'inf'; name?: string },
): Ascent {
  if (p === 2) {
    const norm = globalNorm(f, gradients, name);
    const scale = f.op('DivNoNan', [rho, norm], T);
    return { norm, epsilons: gradients.map((g) => f.math('Mul', [g, scale])) };
  }
  const sizes = gradients.map((g) => f.math('Abs', [g]));
  const signs = gradients.map((g) => f.math('Sign', [g]));
  if (p === 'inf' || p === Number.POSITIVE_INFINITY) {
    const sums = sizes.map((size) => reduceAll(f, 'Sum', size));
    return {
      norm: f.identity(addAll(f, sums), name),
      epsilons: signs.map((sign) => f.math('Mul', [sign, rho])),
    };
  }
  const q = p / (p - 1);
  const largest = largestOf(f, sizes);
  const divisor = f.math('Maximum', [largest, f.scalar(SMALLEST)]);
  // With r = |g| / max |g| and s = sum r^q: ||g||_q = max |g| s^(1/q), and e = rho sign(g) r^(q-1) / s^(1/p).
  const ratios = sizes.map((size) => f.math('RealDiv', [size, divisor]));
  const powers = ratios.map((ratio) => f.math('Pow', [ratio, f.scalar(q - 1)]));
  const sum = innerProduct(f, powers, ratios);
  const scale = f.op('DivNoNan', [rho, f.math('Pow', [sum, f.scalar(1 / p)])], T);
  const norm = f.math('Mul', [largest, f.math('Pow', [sum, f.scalar(1 / q)])], 'float32', name);
  const epsilons = powers.map((power, i) => f.math('Mul', [f.math('Mul', [power, signs[i]!]), scale]));
  return { norm, epsilons };
}

function addAll(f: Fragment, scalars: readonly Output[]): Output {
  return f.op('AddN', scalars, { ...T, N: attr.int(scalars.length) });
}

function largestOf(f: Fragment, tensors: readonly Output[]): Output {
  const each = tensors.map((tensor) => reduceAll(f, 'Max', tensor));
  const packed = f.op('Pack', each, { ...T, N: attr.int(each.length), axis: attr.int(0) });
  return f.reduce('Max', packed, [0]);
}

/** Over all elements of a tensor whose rank need not be known. */
function reduceAll(f: Fragment, op: string, tensor: Output): Output {
  return f.reduce(op, f.reshape(tensor, [-1]), [0]);
}
