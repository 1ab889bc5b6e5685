import type { Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { attr, type Output } from '../../tensorflow/index.js';
import { initializer } from '../initializers.js';
import { type LayerBuilder, type LayerCall, number, single, T } from './layer.js';

/** The axis as an index from the end must be the last one. */
function assertLastAxis({ config, name }: LayerCall, rank: number): void {
  const axis = [config.axis ?? -1].flat()[0];
  if (axis !== -1 && axis !== rank) {
    throw new InputError(`Layer '${name}' normalizes axis ${axis}; only the last axis is supported.`);
  }
}

/**
 * `BatchNormalization`, arXiv 1502.03167, by TensorFlow's fused operation. In mode `batch` it normalizes with
 * the batch's statistics and reports them; in mode `moving` with the moving ones, which stay as they are.
 */
export const batchNormalization: LayerBuilder = (call) => {
  const { fragment: f, config, name } = call;
  const { output, shape } = single(call);
  assertLastAxis(call, shape.length);
  const channels = shape.at(-1)!;
  const size = [channels];
  const weight = (role: string, used: boolean, start: 'zeros' | 'ones', trainable = true): Output => {
    const given = config[`${role}_initializer`];
    if (used) return call.weight(role, size, { trainable, initializer: initializer(given, start) });
    const value = start === 'ones' ? 1 : 0;
    return f.constant(new Float32Array(channels).fill(value));
  };
  const gamma = weight('gamma', config.scale !== false, 'ones');
  const beta = weight('beta', config.center !== false, 'zeros');
  const movingMean = weight('moving_mean', true, 'zeros', false);
  const movingVariance = weight('moving_variance', true, 'ones', false);
  const batch = call.training && call.normMode === 'batch';
  const none = f.constant(new Float32Array(0));
  // The fused operation takes images: vectors become images of one pixel.
  const images = shape.length === 3 ? output : f.reshape(output, [-1, 1, 1, channels]);
  const fused = f.op(
    'FusedBatchNormV3',
    [images, gamma, beta, ...(batch ? [none, none] : [movingMean, movingVariance])],
    {
      ...T,
      U: attr.type('float32'),
      epsilon: attr.float(number(config.epsilon, 1e-3)),
      is_training: attr.bool(batch),
      data_format: attr.string('NHWC'),
    },
  );
  if (batch) {
    const momentum = number(config.momentum, 0.99);
    call.statistics({ layer: name, batchMean: `${fused}:1`, batchVariance: `${fused}:2`, momentum });
  }
  return { output: shape.length === 3 ? fused : f.reshape(fused, [-1, ...shape]), shape };
};

/** A number, or one a channel, as a constant. */
function constantOf(call: LayerCall, value: Json | undefined, fallback: number): Output {
  // Keras nests what it writes, for example [[[[0.485, 0.456, 0.406]]]].
  const values = JSON.stringify(value ?? fallback)
    .match(/[-+.\deE]+/g)!
    .map(Number);
  return call.fragment.constant(Float32Array.from(values), values.length === 1 ? [] : [values.length]);
}

/** `Rescaling`: x scale + offset. */
export const rescaling: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output, shape } = single(call);
  const scaled = f.math('Mul', [output, constantOf(call, config.scale, 1)]);
  return { output: f.math('AddV2', [scaled, constantOf(call, config.offset, 0)]), shape };
};

/** `Normalization` over the last axis: (x - mean) / sqrt(variance); the statistics are weights, or configured. */
export const normalization: LayerBuilder = (call) => {
  const { fragment: f, config } = call;
  const { output, shape } = single(call);
  assertLastAxis(call, shape.length);
  const size = [shape.at(-1)!];
  const given = config.mean != null;
  const frozen = { trainable: false };
  const mean = given
    ? constantOf(call, config.mean, 0)
    : call.weight('mean', size, { ...frozen, initializer: initializer(undefined, 'zeros') });
  const variance = given
    ? constantOf(call, config.variance, 1)
    : call.weight('variance', size, { ...frozen, initializer: initializer(undefined, 'ones') });
  // Keras counts what it adapted to; nothing is computed from it.
  if (!given) call.weight('count', [], { ...frozen, initializer: initializer(undefined, 'zeros') });
  const deviation = f.math('Maximum', [f.math('Sqrt', [variance]), f.scalar(1e-7)]);
  return { output: f.math('RealDiv', [f.math('Sub', [output, mean]), deviation]), shape };
};
