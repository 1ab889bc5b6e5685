import type { Output } from '../../tensorflow/index.js';
import { dynamicShape, type LayerBuilder, type LayerCall, number, single } from './layer.js';

/** `GaussianNoise`: adds noise of a standard deviation, in training only. */
export const gaussianNoise: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const input = single(call);
  const deviation = number(call.config.stddev, 0);
  if (!call.training || deviation === 0) return input;
  const noise = f.math('Mul', [normal(call), f.scalar(deviation)]);
  return { output: f.math('AddV2', [input.output, noise]), shape: input.shape };
};

/** `GaussianDropout`: multiplies by noise of mean 1 and variance rate / (1 - rate), in training only. */
export const gaussianDropout: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const input = single(call);
  const rate = number(call.config.rate, 0);
  if (!call.training || rate === 0) return input;
  const noise = f.math('Mul', [normal(call), f.scalar(Math.sqrt(rate / (1 - rate)))]);
  const factor = f.math('AddV2', [noise, f.scalar(1)]);
  return { output: f.math('Mul', [input.output, factor]), shape: input.shape };
};

/** `ActivityRegularization`: hands on its input. What it adds to Keras's loss is not added here. */
export const identity: LayerBuilder = (call) => single(call);

/** Standard normal numbers of the input's shape: sqrt(-2 ln u) cos(2 pi v) of two uniform ones (Box and Muller). */
function normal(call: LayerCall): Output {
  const { fragment: f } = call;
  const shape = dynamicShape(call, single(call));
  // From (0, 1]: the logarithm of zero is not finite.
  const u = f.math('Sub', [f.scalar(1), call.uniform(shape, 0)]);
  const radius = f.math('Sqrt', [f.math('Mul', [f.math('Log', [u]), f.scalar(-2)])]);
  const angle = f.math('Mul', [call.uniform(shape, 1), f.scalar(2 * Math.PI)]);
  return f.math('Mul', [radius, f.math('Cos', [angle])]);
}
