import type { Fragment, Output } from '../tensorflow/index.js';
import { times } from './optimizer.js';

/** min(1, limit / norm): the factor that shortens all gradients together. */
export function clipScale(f: Fragment, norm: Output, limit: number): Output {
  const longest = f.scalar(limit);
  return f.math('RealDiv', [longest, f.math('Maximum', [norm, longest])]);
}

/** Norm below which a unit's weights do not count as smaller. */
const SMALLEST_NORM = 1e-3;

/**
 * Adaptive gradient clipping, arXiv 2102.06171, equation 3: for each unit i (an output channel of a kernel; else
 * the whole tensor) the norm of the gradient is at most `factor` times that of the weights,
 *
 *     g_i = g_i factor max(||w_i||, 0.001) / ||g_i||   where that is shorter
 */
export function clipAdaptively(
  f: Fragment,
  gradient: Output,
  { value, axes, factor }: { value: Output; axes: readonly number[]; factor: number },
): Output {
  const norm = (x: Output) =>
    f.math('Sqrt', [f.reduce('Sum', f.math('Square', [x]), axes, { keepDims: true })]);
  const limit = times(f, f.math('Maximum', [norm(value), f.scalar(SMALLEST_NORM)]), factor);
  return f.math('Mul', [gradient, f.math('RealDiv', [limit, f.math('Maximum', [norm(gradient), limit])])]);
}

/**
 * The axes of a weight that lie within a unit. Of kernels `[height, width, in, out]` and `[in, out]` it is all but
 * the last; a depthwise kernel `[height, width, in, multiplier]` has a unit for each of `in` x `multiplier`.
 */
export function unitAxes(weight: string, shape: readonly number[]): number[] {
  const rank = shape.length;
  const inner = rank <= 1 ? rank : /(^|_|\/)depthwise_kernel$/.test(weight) ? rank - 2 : rank - 1;
  return Array.from({ length: inner }, (_, axis) => axis);
}
