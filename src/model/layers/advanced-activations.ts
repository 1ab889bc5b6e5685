import { initializer } from '../initializers.js';
import { leakyRelu } from './activation.js';
import { type LayerBuilder, number, single } from './layer.js';

/** `LeakyReLU`: x above zero, slope x below it. Keras 2 and tfjs call the slope alpha. */
export const leakyReluLayer: LayerBuilder = (call) => {
  const { output, shape } = single(call);
  const slope = number(call.config.negative_slope, number(call.config.alpha, 0.3));
  return { output: leakyRelu(call.fragment, output, slope), shape };
};

/** `ELU`: x above zero, alpha (exp(x) - 1) below it (arXiv 1511.07289). */
export const eluLayer: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output: x, shape } = single(call);
  const alpha = number(config.alpha, 1);
  if (alpha === 1) return { output: f.math('Elu', [x]), shape };
  const below = f.math('Elu', [f.math('Minimum', [x, f.scalar(0)])]);
  return { output: f.math('AddV2', [f.math('Relu', [x]), f.math('Mul', [below, f.scalar(alpha)])]), shape };
};

/** `PReLU`: x above zero, alpha x below it, alpha being weights (arXiv 1502.01852); along shared axes there is one. */
export const prelu: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output: x, shape } = single(call);
  const shared = [config.shared_axes ?? []].flat() as number[];
  const size = shape.map((each, axis) => (shared.includes(axis + 1) ? 1 : each));
  const alpha = call.weight('alpha', size, { initializer: initializer(config.alpha_initializer, 'zeros') });
  const below = f.math('Mul', [alpha, f.math('Relu', [f.math('Neg', [x])])]);
  return { output: f.math('Sub', [f.math('Relu', [x]), below]), shape };
};
