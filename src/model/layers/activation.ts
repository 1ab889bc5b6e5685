import { InputError, unknownName } from '../../errors.js';
import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { type LayerBuilder, type LayerCall, number, single, type Value } from './layer.js';

/** `shape` is that of x without the batch. */
type Activation = (f: Fragment, x: Output, shape: readonly number[]) => Output;

const op =
  (name: string): Activation =>
  (f, x) =>
    f.math(name, [x]);

const times = (f: Fragment, a: Output, b: Output) => f.math('Mul', [a, b]);

/** Clips to [low, high] by operations that have gradients. */
const clip = (f: Fragment, x: Output, low: number, high: number) =>
  f.math('Minimum', [f.math('Maximum', [x, f.scalar(low)]), f.scalar(high)]);

/**
 * Along the last axis. TensorFlow's gradients of these operations sum over the second axis, whatever the rank,
 * so they are given matrices.
 */
const rows =
  (name: string): Activation =>
  (f, x, shape) => {
    if (shape.length === 1) return f.math(name, [x]);
    const matrix = f.reshape(x, [-1, shape.at(-1)!]);
    return f.reshape(f.math(name, [matrix]), [-1, ...shape]);
  };

/** Every activation that tfjs-layers knows by name. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: op('Relu'),
  relu6: op('Relu6'),
  elu: op('Elu'),
  selu: op('Selu'),
  sigmoid: op('Sigmoid'),
  // hard sigmoid: clip(0.2 x + 0.5, 0, 1)
  hardSigmoid: (f, x) => clip(f, f.math('AddV2', [times(f, x, f.scalar(0.2)), f.scalar(0.5)]), 0, 1),
  softplus: op('Softplus'),
  softsign: op('Softsign'),
  tanh: op('Tanh'),
  softmax: rows('Softmax'),
  logSoftmax: rows('LogSoftmax'),
  // x sigmoid(x), arXiv 1710.05941
  swish: (f, x) => times(f, x, f.math('Sigmoid', [x])),
  // x tanh(softplus(x)), arXiv 1908.08681
  mish: (f, x) => times(f, x, f.math('Tanh', [f.math('Softplus', [x])])),
  // x Phi(x), arXiv 1606.08415
  gelu: (f, x) => {
    const erf = f.math('Erf', [times(f, x, f.scalar(Math.SQRT1_2))]);
    return times(f, times(f, x, f.scalar(0.5)), f.math('AddV2', [erf, f.scalar(1)]));
  },
  // its approximation by tanh, equation 2 of the same paper
  gelu_new: (f, x) => {
    const cubic = times(f, times(f, times(f, x, x), x), f.scalar(0.044715));
    const inner = times(f, f.math('AddV2', [x, cubic]), f.scalar(Math.sqrt(2 / Math.PI)));
    return times(f, times(f, x, f.scalar(0.5)), f.math('AddV2', [f.math('Tanh', [inner]), f.scalar(1)]));
  },
};

/** The slope is that below zero. */
export const leakyRelu = (f: Fragment, x: Output, slope: number): Output =>
  f.op('LeakyRelu', [x], { T: attr.type('float32'), alpha: attr.float(slope) });

/** relu6(x + 3) / 6 (arXiv 1905.02244) */
const hardSigmoidRelu6 = (f: Fragment, x: Output) =>
  times(f, f.math('Relu6', [f.math('AddV2', [x, f.scalar(3)])]), f.scalar(1 / 6));

/** Activations that Keras has beside those: tfjs-layers knows none of them. */
export const KERAS_ACTIVATIONS: Readonly<Record<string, Activation>> = {
  // What Keras 3 calls hard_sigmoid; that of Keras 2 and tfjs is hardSigmoid. A reader of Keras 3's files gives it
  // this name, since the two cannot be told apart later.
  hard_sigmoid_relu6: hardSigmoidRelu6,
  hard_silu: (f, x) => times(f, x, hardSigmoidRelu6(f, x)),
  leaky_relu: (f, x) => leakyRelu(f, x, 0.2),
  exponential: op('Exp'),
  celu: op('Elu'),
  hard_tanh: (f, x) => clip(f, x, -1, 1),
  log_sigmoid: (f, x) => f.math('Neg', [f.math('Softplus', [f.math('Neg', [x])])]),
};

const ALL: Readonly<Record<string, Activation>> = { ...ACTIVATIONS, ...KERAS_ACTIVATIONS };

/** Other names of the same. */
const ALIASES: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_sigmoid: 'hardSigmoid',
  hard_swish: 'hard_silu',
  log_softmax: 'logSoftmax',
};

/** Applies the activation of this name; none is `linear`. */
export function activate(call: LayerCall, { output, shape }: Value, name: unknown): Value {
  const known = String(name ?? 'linear');
  const own = Object.hasOwn(ALIASES, known) ? ALIASES[known]! : known;
  if (!Object.hasOwn(ALL, own)) {
    throw unknownName(`activation in layer '${call.name}':`, known, Object.keys(ALL));
  }
  const activation = ALL[own]!;
  return { output: activation(call.fragment, output, shape), shape };
}

/** `Activation`: an activation by name. */
export const activation: LayerBuilder = (call) => activate(call, single(call), call.config.activation);

/** `Softmax`, over the last axis. */
export const softmax: LayerBuilder = (call) => {
  const axis = call.config.axis ?? -1;
  if (axis !== -1 && axis !== single(call).shape.length) {
    throw new InputError(`Layer '${call.name}' has softmax axis ${axis}; only the last axis is supported.`);
  }
  return activate(call, single(call), 'softmax');
};

/** `ReLU`: min(max(x, 0), maximum), with slope and threshold where they are set. */
export const relu: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output: x, shape } = single(call);
  const slope = number(config.negative_slope, 0);
  const threshold = number(config.threshold, 0);
  const maximum = config.max_value as number | null | undefined;
  if (slope === 0 && threshold === 0) {
    if (maximum === 6) return { output: f.math('Relu6', [x]), shape };
    const positive = f.math('Relu', [x]);
    return { output: maximum == null ? positive : f.math('Minimum', [positive, f.scalar(maximum)]), shape };
  }
  // f(x) = x above the threshold, slope (x - threshold) below it
  const above = f.op('GreaterEqual', [x, f.scalar(threshold)], { T: attr.type('float32') });
  const below = times(f, f.math('Sub', [x, f.scalar(threshold)]), f.scalar(slope));
  const bent = f.math('SelectV2', [above, x, below]);
  return { output: maximum == null ? bent : f.math('Minimum', [bent, f.scalar(maximum)]), shape };
};
