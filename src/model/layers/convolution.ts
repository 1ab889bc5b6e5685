import { InputError } from '../../errors.js';
import { attr, type Output } from '../../tensorflow/index.js';
import { initializer } from '../initializers.js';
import { activate } from './activation.js';
import {
  image,
  type LayerBuilder,
  type LayerCall,
  number,
  padding,
  pair,
  T,
  type Value,
  windowed,
} from './layer.js';

const NHWC = attr.string('NHWC');

interface Window {
  kernel: [number, number];
  strides: [number, number];
  dilations: [number, number];
}

function windowOf({ config }: LayerCall): Window {
  return {
    kernel: pair(config.kernel_size, 1),
    strides: pair(config.strides, 1),
    dilations: pair(config.dilation_rate, 1),
  };
}

/** Channels that one filter sees: those of its group. */
function groupChannels({ config, name }: LayerCall, channels: number, filters: number): number {
  const groups = number(config.groups, 1);
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new InputError(
      `Layer '${name}' cannot divide ${channels} channels and ${filters} filters into ${groups} groups.`,
    );
  }
  return channels / groups;
}

const attributes = (call: LayerCall, { strides, dilations }: Window) => ({
  ...T,
  strides: attr.ints([1, ...strides, 1]),
  dilations: attr.ints([1, ...dilations, 1]),
  padding: attr.string(padding(call)),
  data_format: NHWC,
});

/** Height and width after the window has moved over an image. */
function outputSize(
  call: LayerCall,
  { height, width }: { height: number; width: number },
  { kernel, strides, dilations }: Window,
): [number, number] {
  const along = (size: number, axis: 0 | 1) =>
    windowed(call, size, { kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis] });
  return [along(height, 0), along(width, 1)];
}

/** Bias where the layer has one, then its activation. */
function finish(call: LayerCall, x: Output, shape: readonly number[]): Value {
  const { fragment: f, config } = call;
  let output = x;
  if (config.use_bias ?? true) {
    const bias = call.weight('bias', [shape.at(-1)!], {
      initializer: initializer(config.bias_initializer, 'zeros'),
    });
    output = f.op('BiasAdd', [output, bias], { ...T, data_format: NHWC });
  }
  return activate(call, { output, shape }, config.activation);
}

/** `Conv2D`: kernel `[height, width, channels / groups, filters]`; TensorFlow tells groups by it. */
export const conv2d: LayerBuilder = (call) => {
  const { config } = call;
  const input = image(call);
  const window = windowOf(call);
  const filters = number(config.filters, 0);
  const channels = groupChannels(call, input.channels, filters);
  const kernel = call.weight('kernel', [...window.kernel, channels, filters], {
    initializer: initializer(config.kernel_initializer, 'glorotUniform'),
  });
  const output = call.fragment.op('Conv2D', [input.output, kernel], attributes(call, window));
  const [height, width] = outputSize(call, input, window);
  return finish(call, output, [height, width, filters]);
};

/** One depthwise convolution with kernel `[height, width, channels, multiplier]`. */
function depthwise(call: LayerCall, window: Window): Value {
  const { config, name } = call;
  const input = image(call);
  const multiplier = number(config.depth_multiplier, 1);
  if (window.dilations.some((rate) => rate !== 1) || window.strides[0] !== window.strides[1]) {
    throw new InputError(
      `Layer '${name}' is a depthwise convolution with strides [${window.strides}] and dilation [${window.dilations}]; ` +
        'supported: equal strides, dilation 1.',
    );
  }
  const kernel = call.weight('depthwise_kernel', [...window.kernel, input.channels, multiplier], {
    initializer: initializer(config.depthwise_initializer, 'glorotUniform'),
  });
  const output = call.fragment.op('DepthwiseConv2dNative', [input.output, kernel], attributes(call, window));
  const [height, width] = outputSize(call, input, window);
  return { output, shape: [height, width, input.channels * multiplier] };
}

/** `DepthwiseConv2D`. */
export const depthwiseConv2d: LayerBuilder = (call) => {
  const { output, shape } = depthwise(call, windowOf(call));
  return finish(call, output, shape);
};

/** `SeparableConv2D`: depthwise, then a 1 x 1 convolution. */
export const separableConv2d: LayerBuilder = (call) => {
  const { config } = call;
  const filters = number(config.filters, 0);
  const { output, shape } = depthwise(call, windowOf(call));
  const kernel = call.weight('pointwise_kernel', [1, 1, shape[2]!, filters], {
    initializer: initializer(config.pointwise_initializer, 'glorotUniform'),
  });
  const point: Window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1] };
  const mixed = call.fragment.op('Conv2D', [output, kernel], attributes(call, point));
  return finish(call, mixed, [shape[0]!, shape[1]!, filters]);
};
