import type { WeightTensor } from '../weights.js';

/** Mean and variance of a convolution's output, one a channel, and how many values they are of. */
export interface Moments {
  count: number;
  mean: Float64Array;
  /** Sum of squared differences from the mean. */
  squares: Float64Array;
}

/** What a batch normalization is put back from. */
export interface NormSource {
  /** `[height, width, inputs, outputs]`, or `[height, width, channels, multiplier]` of a depthwise convolution. */
  kernel: WeightTensor;
  depthwise: boolean;
  /** Of the convolution; none where it has no bias. */
  bias: ArrayLike<number> | undefined;
  moments: Moments;
  /** Whether the moments say what gamma and beta were: see `statisticsFit`. */
  fits: boolean;
  epsilon: number;
}

/** The weights of a convolution and the batch normalization behind it. */
export interface NormValues {
  kernel: Float32Array;
  gamma: Float32Array;
  beta: Float32Array;
  moving_mean: Float32Array;
  moving_variance: Float32Array;
}

/**
 * Weights with which convolution and normalization do what the convolution with its bias did:
 * gamma (s x - mean) / sqrt(variance + epsilon) + beta = x + bias, for any s, gamma and beta. The original's gamma and beta
 * were deviation and mean of what it gave, sqrt(variance of x) and bias + mean of x; where that cannot be known they are
 * those of a new normalization, 1 and 0.
 */
export function normValues({ kernel, depthwise, bias, moments, fits, epsilon }: NormSource): NormValues {
  const scales = kernelScales(kernel, depthwise);
  const channels = scales.length;
  const values: NormValues = {
    kernel: Float32Array.from(kernel.data as Float32Array, (value, k) => value * scales[k % channels]!),
    gamma: new Float32Array(channels),
    beta: new Float32Array(channels),
    moving_mean: new Float32Array(channels),
    moving_variance: new Float32Array(channels),
  };
  scales.forEach((scale, c) => {
    const shift = Number(bias?.[c] ?? 0);
    const variance = moments.squares[c]! / moments.count;
    // A variance below zero there is not.
    const gamma = Math.sqrt(Math.max(fits ? variance + epsilon / scale ** 2 : 1, epsilon / scale ** 2));
    const beta = fits ? shift + moments.mean[c]! : 0;
    values.gamma[c] = gamma;
    values.beta[c] = beta;
    values.moving_mean[c] = scale * (beta - shift);
    values.moving_variance[c] = (gamma * scale) ** 2 - epsilon;
  });
  return values;
}

/**
 * What each channel of a kernel is multiplied by, to be as large as kernels are at first: variance 2 / fan out, arXiv
 * 1502.01852. Normalization takes any factor back out, but the larger a kernel is, the less a step turns it: folding left
 * it divided by the deviation that its output had.
 */
function kernelScales({ shape, data }: WeightTensor, depthwise: boolean): Float64Array {
  const channels = depthwise ? shape[2]! * shape[3]! : shape[3]!;
  const target = depthwise ? 2 : (2 * shape[2]!) / shape[3]!;
  const norms = new Float64Array(channels);
  for (let k = 0; k < data.length; k++) norms[k % channels]! += Number(data[k]) ** 2;
  return norms.map((norm) => (norm > 0 ? Math.sqrt(target / norm) : 1));
}

/** The size of a layer's output around its mean: the root of its channels' mean variance. */
export const deviationOf = ({ squares, count }: Moments): number =>
  Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / count / squares.length);
