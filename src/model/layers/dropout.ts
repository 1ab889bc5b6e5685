import { attr } from '../../tensorflow/index.js';
import { type LayerBuilder, number, single, T } from './layer.js';

/**
 * `Dropout`: zeroes values with probability `rate` and scales the others by 1 / (1 - rate), in training only.
 * With a noise shape of `[null, 1, 1, 1]` it drops whole images of a residual branch: drop-connect (stochastic
 * depth, arXiv 1603.09382).
 */
export const dropout: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output: x, shape } = single(call);
  const rate = number(config.rate, 0);
  if (!call.training || rate === 0) return { output: x, shape };
  const dynamic = f.op('Shape', [x], { ...T, out_type: attr.type('int32') });
  const noise = config.noise_shape as (number | null)[] | null | undefined;
  let noiseShape = dynamic;
  if (noise) {
    // Where the configuration has null, the noise is as large as the input.
    const open = Int32Array.from(noise, (size) => (size === null ? 1 : 0));
    const fixed = Int32Array.from(noise, (size) => size ?? 0);
    const kept = f.math('Mul', [dynamic, f.constant(open)], 'int32');
    noiseShape = f.math('AddV2', [kept, f.constant(fixed)], 'int32');
  }
  const keep = f.op('GreaterEqual', [call.uniform(noiseShape), f.scalar(rate)], T);
  const mask = f.math('Mul', [f.cast(keep, 'bool', 'float32'), f.scalar(1 / (1 - rate))]);
  return { output: f.math('Mul', [x, mask]), shape };
};
