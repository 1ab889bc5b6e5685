import type { Json, LayerConfig } from '../../../../models/topology.js';
import { weightRoles } from '../weight-roles.js';

type Config = { [key: string]: Json };

const WINDOW = ['kernel_size', 'strides', 'padding', 'data_format', 'dilation_rate'];
const POOLING = ['pool_size', 'strides', 'padding', 'data_format'];
const OUTPUT = ['activation', 'use_bias', 'bias_initializer'];

/**
 * Settings of layers that both Keras 2 and Keras 3 take, by class. What is in neither list (regularizers, settings of another
 * version or of tfjs) is left out of a file: one that is not known keeps Keras from opening it.
 */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  InputLayer: [],
  Activation: ['activation'],
  ActivityRegularization: ['l1', 'l2'],
  Add: [],
  Average: [],
  AveragePooling2D: POOLING,
  BatchNormalization: [
    ...['axis', 'momentum', 'epsilon', 'center', 'scale', 'beta_initializer', 'gamma_initializer'],
    ...['moving_mean_initializer', 'moving_variance_initializer'],
  ],
  Concatenate: ['axis'],
  Conv2D: ['filters', ...WINDOW, 'groups', ...OUTPUT, 'kernel_initializer'],
  Cropping2D: ['cropping', 'data_format'],
  Dense: ['units', ...OUTPUT, 'kernel_initializer'],
  DepthwiseConv2D: ['depth_multiplier', ...WINDOW, ...OUTPUT, 'depthwise_initializer'],
  Dropout: ['rate', 'noise_shape', 'seed'],
  ELU: ['alpha'],
  Flatten: ['data_format'],
  GaussianDropout: ['rate'],
  GaussianNoise: ['stddev'],
  GlobalAveragePooling2D: ['data_format', 'keepdims'],
  GlobalMaxPooling2D: ['data_format', 'keepdims'],
  LayerNormalization: ['axis', 'epsilon', 'center', 'scale', 'beta_initializer', 'gamma_initializer'],
  LeakyReLU: ['alpha', 'negative_slope'],
  MaxPooling2D: POOLING,
  Maximum: [],
  Minimum: [],
  Multiply: [],
  Normalization: ['axis', 'mean', 'variance'],
  PReLU: ['alpha_initializer', 'shared_axes'],
  Permute: ['dims'],
  ReLU: ['max_value', 'negative_slope', 'threshold'],
  Rescaling: ['scale', 'offset'],
  Reshape: ['target_shape'],
  SeparableConv2D: [
    ...['filters', 'depth_multiplier', ...WINDOW, ...OUTPUT],
    ...['depthwise_initializer', 'pointwise_initializer'],
  ],
  Softmax: ['axis'],
  SpatialDropout2D: ['rate', 'data_format'],
  Subtract: [],
  ZeroPadding2D: ['padding', 'data_format'],
};

/** Whether a class is one that is written. */
export const isWritten = (className: string): boolean => Object.hasOwn(SETTINGS, className);

/** The settings of a layer that Keras takes, in the order of the table: equal layers give equal files. */
export function settingsOf({ class_name, config }: LayerConfig): Config {
  // Some layers without weights do not take it.
  const isFrozen = config.trainable === false && (weightRoles(class_name, config) ?? []).length > 0;
  const kept: Config = isFrozen ? { trainable: false } : {};
  for (const key of SETTINGS[class_name]!) {
    const value = key.endsWith('_initializer')
      ? initializerOf(config[key])
      : settingOf(class_name, key, config[key]);
    // What is left out is as Keras has it by itself.
    if (value != null) kept[key] = value;
  }
  return kept;
}

function settingOf(className: string, key: string, value: Json | undefined): Json | undefined {
  if (key === 'data_format') return 'channels_last';
  // Keras 2 writes a list, of which Keras 3 takes the number alone.
  if (key === 'axis' && className === 'BatchNormalization') return [value ?? -1].flat()[0];
  return value;
}

/** Settings of initializers that both versions take. */
const INITIALIZERS: Readonly<Record<string, readonly string[]>> = {
  Zeros: [],
  Ones: [],
  Constant: ['value'],
  RandomNormal: ['mean', 'stddev', 'seed'],
  TruncatedNormal: ['mean', 'stddev', 'seed'],
  RandomUniform: ['minval', 'maxval', 'seed'],
  GlorotUniform: ['seed'],
  GlorotNormal: ['seed'],
  HeUniform: ['seed'],
  HeNormal: ['seed'],
  LecunUniform: ['seed'],
  LecunNormal: ['seed'],
  VarianceScaling: ['scale', 'mode', 'distribution', 'seed'],
};

/** An initializer by Keras's class, whose weights have their values already; undefined for one that Keras does not have. */
function initializerOf(given: Json | undefined): Json | undefined {
  if (given == null) return undefined;
  const { class_name, config } =
    typeof given === 'object' && !Array.isArray(given) ? given : { class_name: given, config: null };
  const className = classOf(String(class_name));
  if (!Object.hasOwn(INITIALIZERS, className)) return undefined;
  const settings = (config ?? {}) as Config;
  const kept = INITIALIZERS[className]!.filter((key) => settings[key] != null);
  return {
    class_name: className,
    config: Object.fromEntries(kept.map((key) => [key, snakeValue(settings[key] as Json)])),
  };
}

/** `glorot_uniform` of Keras and `leCunNormal` of tfjs are GlorotUniform and LecunNormal. */
function classOf(name: string): string {
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return camel.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replace(/^LeCun/, 'Lecun');
}

/** `fanOut` and `truncatedNormal` of tfjs; the normal distribution of Keras 1 is the one that is cut off. */
function snakeValue(value: Json): Json {
  if (typeof value !== 'string') return value;
  const snake = value.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return snake === 'normal' ? 'truncated_normal' : snake;
}
