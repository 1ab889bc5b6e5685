import { InputError } from '../../errors.js';
import { initializer } from '../initializers.js';
import { type LayerBuilder, number, single } from './layer.js';

/**
 * `LayerNormalization` (arXiv 1607.06450) over the last axes: (x - mean) / sqrt(variance + epsilon) gamma + beta, mean
 * and variance being those of one example.
 */
export const layerNormalization: LayerBuilder = (call) => {
  const { fragment: f, config, name } = call;
  const { output: x, shape } = single(call);
  const axes = ([config.axis ?? -1].flat() as number[])
    .map((axis) => (axis < 0 ? axis + shape.length + 1 : axis))
    .sort((a, b) => a - b);
  // Weights broadcast from the right.
  if (axes.some((axis, i) => axis !== shape.length - axes.length + 1 + i)) {
    throw new InputError(`Layer '${name}' normalizes axes [${axes}]; only the last axes are supported.`);
  }
  if (config.rms_scaling === true) {
    throw new InputError(`Layer '${name}' has rms_scaling, which is not supported.`);
  }
  const size = axes.map((axis) => shape[axis - 1]!);
  const mean = f.reduce('Mean', x, axes, { keepDims: true });
  const centred = f.math('Sub', [x, mean]);
  const variance = f.reduce('Mean', f.math('Mul', [centred, centred]), axes, { keepDims: true });
  const shifted = f.math('AddV2', [variance, f.scalar(number(config.epsilon, 1e-3))]);
  let output = f.math('Mul', [centred, f.math('Rsqrt', [shifted])]);
  if (config.scale !== false) {
    const gamma = call.weight('gamma', size, { initializer: initializer(config.gamma_initializer, 'ones') });
    output = f.math('Mul', [output, gamma]);
  }
  if (config.center !== false) {
    const beta = call.weight('beta', size, { initializer: initializer(config.beta_initializer, 'zeros') });
    output = f.math('AddV2', [output, beta]);
  }
  return { output, shape };
};
