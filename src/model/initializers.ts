import type { Json } from '../../models/topology.js';
import { unknownName } from '../errors.js';
import { attr, type Fragment, type Output, sizeOf } from '../tensorflow/index.js';

/** Adds the start value of a weight to a fragment. `seed` is an int64 `[2]` of its own for each weight. */
export type Initializer = (f: Fragment, shape: readonly number[], seed: Output) => Output;

const FLOAT = attr.type('float32');

function random(f: Fragment, op: string, shape: readonly number[], seed: Output): Output {
  return f.op(op, [f.ints(...shape), seed], {
    dtype: FLOAT,
    T: attr.type('int32'),
    Tseed: attr.type('int64'),
  });
}

const constant =
  (value: number): Initializer =>
  (f, shape) =>
    f.op('Fill', [f.ints(...shape), f.scalar(value)], { T: FLOAT, index_type: attr.type('int32') });

const scaled =
  (op: string, scale: number, offset = 0): Initializer =>
  (f, shape, seed) => {
    const drawn = f.math('Mul', [random(f, op, shape, seed), f.scalar(scale)]);
    return offset === 0 ? drawn : f.math('AddV2', [drawn, f.scalar(offset)]);
  };

const uniform = (low: number, high: number): Initializer => scaled('StatelessRandomUniform', high - low, low);

/** Inputs and outputs of one unit, as Keras counts them: all but the last two sizes are the receptive field. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape.at(-2)!, fanOut: field * shape.at(-1)! };
}

// The standard deviation of a normal distribution cut off at two standard deviations.
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Variance scaling, arXiv 1502.01852: variance scale / fan, from a truncated normal, normal, or uniform distribution. */
function varianceScaling(scale: number, mode: string, distribution: string): Initializer {
  return (f, shape, seed) => {
    const { fanIn, fanOut } = fans(shape);
    const byMode: Record<string, number> = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 };
    const fan = byMode[mode.replace(/^fan([IOA])/, (_, letter) => `fan_${letter.toLowerCase()}`)] ?? fanIn;
    const variance = scale / Math.max(1, fan);
    if (distribution === 'uniform') {
      const limit = Math.sqrt(3 * variance);
      return uniform(-limit, limit)(f, shape, seed);
    }
    if (distribution === 'untruncated_normal') {
      return scaled('StatelessRandomNormal', Math.sqrt(variance))(f, shape, seed);
    }
    return scaled('StatelessTruncatedNormal', Math.sqrt(variance) / TRUNCATED_DEVIATION)(f, shape, seed);
  };
}

/** Start values by their names in tfjs; Keras writes `GlorotUniform` for `glorotUniform`. */
const INITIALIZERS: Readonly<Record<string, (config: Record<string, Json>) => Initializer>> = {
  zeros: () => constant(0),
  ones: () => constant(1),
  constant: (config) => constant(Number(config.value ?? 0)),
  randomNormal: (config) =>
    scaled('StatelessRandomNormal', Number(config.stddev ?? 0.05), Number(config.mean ?? 0)),
  truncatedNormal: (config) =>
    scaled('StatelessTruncatedNormal', Number(config.stddev ?? 0.05), Number(config.mean ?? 0)),
  randomUniform: (config) => uniform(Number(config.minval ?? -0.05), Number(config.maxval ?? 0.05)),
  glorotUniform: () => varianceScaling(1, 'fan_avg', 'uniform'),
  glorotNormal: () => varianceScaling(1, 'fan_avg', 'truncated_normal'),
  heUniform: () => varianceScaling(2, 'fan_in', 'uniform'),
  heNormal: () => varianceScaling(2, 'fan_in', 'truncated_normal'),
  leCunUniform: () => varianceScaling(1, 'fan_in', 'uniform'),
  leCunNormal: () => varianceScaling(1, 'fan_in', 'truncated_normal'),
  varianceScaling: (config) =>
    varianceScaling(
      Number(config.scale ?? 1),
      String(config.mode ?? 'fan_in'),
      String(config.distribution ?? 'truncated_normal'),
    ),
};

/** Keras's `HeNormal`, `he_normal` and `LecunNormal` become tfjs's `heNormal` and `leCunNormal`. */
const tfjsName = (name: string): string =>
  name
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase())
    .replace(/^lecun/, 'leCun');

/**
 * The initializer that a layer's configuration names, as a string or as `{ class_name, config }`.
 *
 * @param fallback used where the configuration names none
 */
export function initializer(config: Json | undefined, fallback: string): Initializer {
  const given = config ?? fallback;
  const { class_name, config: inner } =
    typeof given === 'object' && !Array.isArray(given) ? given : { class_name: String(given), config: {} };
  const make = INITIALIZERS[tfjsName(String(class_name))];
  if (!make) throw unknownName('initializer', String(class_name), Object.keys(INITIALIZERS));
  return make((inner ?? {}) as Record<string, Json>);
}
