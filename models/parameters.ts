import type { FunctionalTopology, LayerConfig } from './topology.js';

/** Numbers of a model's weights. */
export interface ParameterCount {
  /** All weights, as Keras counts them: with moving statistics, and with those of Normalization. */
  total: number;
  /** What an optimizer updates. */
  trainable: number;
}

/** One layer's weights, and the channels that it hands on. */
interface LayerCount {
  trainable: number;
  frozen?: number;
  channels: number;
}

/** `channels` are those of the first input, `inputs` those of all. */
type Counter = (config: LayerConfig['config'], channels: number, inputs: readonly number[]) => LayerCount;

const passOn: Counter = (_, channels) => ({ trainable: 0, channels });

const lastOf = (value: unknown): number => Number((value as unknown[]).at(-1));

const windowSize = (config: LayerConfig['config']): number => {
  const [height, width] = config.kernel_size as [number, number];
  return height * width;
};

const COUNTERS: Readonly<Record<string, Counter>> = {
  InputLayer: (config) => ({ trainable: 0, channels: lastOf(config.batch_input_shape) }),
  Conv2D(config, channels) {
    const filters = Number(config.filters);
    const bias = config.use_bias ? filters : 0;
    return { trainable: windowSize(config) * channels * filters + bias, channels: filters };
  },
  DepthwiseConv2D(config, channels) {
    const filters = channels * Number(config.depth_multiplier);
    return { trainable: windowSize(config) * filters + (config.use_bias ? filters : 0), channels: filters };
  },
  Dense(config, channels) {
    const units = Number(config.units);
    return { trainable: channels * units + (config.use_bias ? units : 0), channels: units };
  },
  BatchNormalization: (config, channels) => ({
    trainable: channels * (Number(config.center) + Number(config.scale)),
    frozen: 2 * channels,
    channels,
  }),
  // Mean and variance a channel, and one count of what they were measured on.
  Normalization: (_, channels) => ({ trainable: 0, frozen: 2 * channels + 1, channels }),
  Reshape: (config) => ({ trainable: 0, channels: lastOf(config.target_shape) }),
  Activation: passOn,
  Add: passOn,
  AveragePooling2D: passOn,
  ChannelPadding: (config, channels) => ({ trainable: 0, channels: channels + Number(config.padding) }),
  Concatenate: (_config, _channels, inputs) => ({
    trainable: 0,
    channels: inputs.reduce((sum, channels) => sum + channels, 0),
  }),
  Cropping2D: passOn,
  Dropout: passOn,
  // Of one pixel, as behind global pooling: more of them would multiply the channels.
  Flatten: passOn,
  GlobalAveragePooling2D: passOn,
  MaxPooling2D: passOn,
  Multiply: passOn,
  ReLU: passOn,
  Rescaling: passOn,
  ShakeDrop: passOn,
  ShakeShake: passOn,
  ZeroPadding2D: passOn,
};

/**
 * Counts a topology's weights without making them. It knows the layers that the architectures here are made of;
 * another one is an error that names it.
 */
export function countParameters(topology: FunctionalTopology): ParameterCount {
  const channelsOf = new Map<string, number>();
  let trainable = 0;
  let frozen = 0;
  for (const { class_name, name, config, inbound_nodes } of topology.config.layers) {
    const counter = COUNTERS[class_name];
    if (counter === undefined)
      throw new Error(
        `Cannot count the parameters of layer ${name}: its class ${class_name} is not known here.`,
      );
    const inputs = (inbound_nodes?.[0] ?? []).map(([source]) => channelsOf.get(source)!);
    const count = counter(config, inputs[0] ?? 0, inputs);
    channelsOf.set(name, count.channels);
    trainable += count.trainable;
    frozen += count.frozen ?? 0;
  }
  return { total: trainable + frozen, trainable };
}
