import type { Output } from '../../tensorflow/index.js';
import {
  dynamicShape,
  image,
  type LayerBuilder,
  type LayerCall,
  noiseShape,
  number,
  single,
  T,
  type Value,
} from './layer.js';

/**
 * `Dropout`: zeroes values with probability `rate` and scales the others by 1 / (1 - rate), in training only.
 * With a noise shape of `[null, 1, 1, 1]` it drops whole images of a residual branch: drop-connect (stochastic
 * depth, arXiv 1603.09382).
 */
export const dropout: LayerBuilder = (call) => {
  const { config } = call;
  const input = single(call);
  const rate = number(config.rate, 0);
  if (!call.training || rate === 0) return input;
  const noise = config.noise_shape as (number | null)[] | null | undefined;
  return drop(call, rate, noise ? noiseShape(call, input, noise) : dynamicShape(call, input));
};

/** `SpatialDropout2D`: drops whole channels of an image (arXiv 1411.4280), in training only. */
export const spatialDropout2d: LayerBuilder = (call) => {
  const input = single(call);
  image(call);
  const rate = number(call.config.rate, 0);
  if (!call.training || rate === 0) return input;
  return drop(call, rate, noiseShape(call, input, [null, 1, 1, null]));
};

/** Zeroes the input where the noise of this shape is below the rate, and scales what is left. */
function drop(call: LayerCall, rate: number, shape: Output): Value {
  const { fragment: f } = call;
  const input = single(call);
  const keep = f.op('GreaterEqual', [call.uniform(shape), f.scalar(rate)], T);
  const mask = f.math('Mul', [f.cast(keep, 'bool', 'float32'), f.scalar(1 / (1 - rate))]);
  return { output: f.math('Mul', [input.output, mask]), shape: input.shape };
}
