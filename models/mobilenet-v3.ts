import { FunctionalBuilder } from './functional-builder.js';
import { type HardActivation, hardActivation, hardSigmoid } from './hard-activations.js';
import {
  GLOROT,
  MOMENTUM,
  type MobileNetMember,
  type MobileNetOptions,
  type MobileNetStyle,
  pointwise,
  TO_SYMMETRIC,
} from './mobilenet.js';
import { multipleOf8 } from './rounding.js';
import { padForStride } from './stride-padding.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

/** Kernel, expansion, output channels at width 1, squeeze-and-excitation, activation, strides. */
type Block = readonly [number, number, number, 'se' | 'plain', HardActivation, 1 | 2];

/** arXiv 1905.02244, table 2. */
const SMALL: readonly Block[] = [
  [3, 1, 16, 'se', 'relu', 2],
  [3, 72 / 16, 24, 'plain', 'relu', 2],
  [3, 88 / 24, 24, 'plain', 'relu', 1],
  [5, 4, 40, 'se', 'hard_swish', 2],
  [5, 6, 40, 'se', 'hard_swish', 1],
  [5, 6, 40, 'se', 'hard_swish', 1],
  [5, 3, 48, 'se', 'hard_swish', 1],
  [5, 3, 48, 'se', 'hard_swish', 1],
  [5, 6, 96, 'se', 'hard_swish', 2],
  [5, 6, 96, 'se', 'hard_swish', 1],
  [5, 6, 96, 'se', 'hard_swish', 1],
];

/** arXiv 1905.02244, table 1. */
const LARGE: readonly Block[] = [
  [3, 1, 16, 'plain', 'relu', 1],
  [3, 4, 24, 'plain', 'relu', 2],
  [3, 3, 24, 'plain', 'relu', 1],
  [5, 3, 40, 'se', 'relu', 2],
  [5, 3, 40, 'se', 'relu', 1],
  [5, 3, 40, 'se', 'relu', 1],
  [3, 6, 80, 'plain', 'hard_swish', 2],
  [3, 2.5, 80, 'plain', 'hard_swish', 1],
  [3, 2.3, 80, 'plain', 'hard_swish', 1],
  [3, 2.3, 80, 'plain', 'hard_swish', 1],
  [3, 6, 112, 'se', 'hard_swish', 1],
  [3, 6, 112, 'se', 'hard_swish', 1],
  [5, 6, 160, 'se', 'hard_swish', 2],
  [5, 6, 160, 'se', 'hard_swish', 1],
  [5, 6, 160, 'se', 'hard_swish', 1],
];

const STEM_FILTERS = 16;

interface MobileNetV3Member extends MobileNetMember {
  modelName: string;
  blocks: readonly Block[];
  /** Channels behind the global pooling. */
  headFilters: number;
}

const COMMON = { imageSize: 224, dropout: 0.2, widths: [0.75, 1] } as const;

/** Members by name. Another width is an option, not a name of its own. */
export const MOBILENETS_V3 = {
  'mobilenet-v3-small': { ...COMMON, modelName: 'MobileNetV3Small', blocks: SMALL, headFilters: 1024 },
  'mobilenet-v3-large': { ...COMMON, modelName: 'MobileNetV3Large', blocks: LARGE, headFilters: 1280 },
} as const satisfies Record<string, MobileNetV3Member>;

/** A member of the MobileNetV3 family. */
export type MobileNetV3Name = keyof typeof MOBILENETS_V3;

/** How a MobileNetV3 is built. Preprocessing is a layer of the model unless it is switched off. */
export type MobileNetV3Options = MobileNetOptions;

/**
 * A MobileNetV3 as a topology without weights (arXiv 1905.02244): layers that hold weights bear the names of
 * keras.applications. The head is two convolutions over the pooled pixel, `conv_2` with bias and without
 * normalization, then `logits`; `predictions` is an activation.
 *
 * @example
 * const topology = mobilenetV3('mobilenet-v3-large', { classes: 10, imageSize: 96 });
 */
export function mobilenetV3(name: MobileNetV3Name, options: MobileNetV3Options = {}): FunctionalTopology {
  const published = MOBILENETS_V3[name];
  const {
    classes = 1000,
    imageSize = published.imageSize,
    width = 1,
    dropout = published.dropout,
    includePreprocessing = true,
    classifierActivation = 'softmax',
    padding = 'same',
    epsilon = 1e-3,
  } = options;
  const net = new FunctionalBuilder(published.modelName);
  const style: MobileNetStyle = { padding, normalization: { epsilon, momentum: MOMENTUM } };
  const input = net.input('input_1', [imageSize, imageSize, 3]);
  const pixels = includePreprocessing ? net.rescaling('rescaling', input, TO_SYMMETRIC) : input;

  const padded = padForStride(net, 'conv_pad', pixels, { kernelSize: 3, strides: 2, padding });
  const stem = { ...padded.window, filters: STEM_FILTERS, useBias: false, initializer: GLOROT };
  let x = net.batchNormalization('conv_bn', net.conv2d('conv', padded.x, stem), style.normalization);
  x = hardActivation(net, 'conv_activation', x, 'hard_swish');
  published.blocks.forEach((block, index) => {
    x = bottleneck(net, x, { block, index, width, style });
  });

  const features = multipleOf8(x.shape[2]! * 6);
  x = net.batchNormalization('conv_1_bn', pointwise(net, 'conv_1', x, features), style.normalization);
  x = hardActivation(net, 'conv_1_activation', x, 'hard_swish');
  x = net.globalAveragePooling2d('global_average_pooling2d', x);
  x = net.reshape('global_average_pooling2d_reshape', x, [1, 1, features]);
  // The head grows with the width, but never shrinks.
  const filters = multipleOf8(published.headFilters * Math.max(1, width));
  x = net.conv2d('conv_2', x, { kernelSize: 1, filters, initializer: GLOROT });
  x = hardActivation(net, 'conv_2_activation', x, 'hard_swish');
  if (dropout > 0) x = net.dropout('dropout', x, { rate: dropout });
  x = net.conv2d('logits', x, { kernelSize: 1, filters: classes, initializer: GLOROT });
  x = net.flatten('flatten', x);
  return net.topology(input, net.activation('predictions', x, classifierActivation));
}

interface BottleneckOptions {
  block: Block;
  index: number;
  width: number;
  style: MobileNetStyle;
}

/** Expand, filter each channel, squeeze and excite where the table says so, project; add the input where shapes allow. */
function bottleneck(net: FunctionalBuilder, input: LayerOutput, options: BottleneckOptions): LayerOutput {
  const { block, index, width, style } = options;
  const [kernelSize, expansion, filtersAtWidth1, squeeze, activation, strides] = block;
  const { padding, normalization } = style;
  const prefix = index === 0 ? 'expanded_conv_' : `expanded_conv_${index}_`;
  const channels = input.shape[2]!;
  const filters = multipleOf8(filtersAtWidth1 * width);
  let x = input;
  if (index > 0) {
    x = pointwise(net, `${prefix}expand`, x, multipleOf8(channels * expansion));
    x = net.batchNormalization(`${prefix}expand_bn`, x, normalization);
    x = hardActivation(net, `${prefix}expand_activation`, x, activation);
  }
  const window = { kernelSize, strides, padding, explicit: true };
  const padded = padForStride(net, `${prefix}depthwise_pad`, x, window);
  x = net.depthwiseConv2d(`${prefix}depthwise`, padded.x, {
    ...padded.window,
    useBias: false,
    initializer: GLOROT,
  });
  x = net.batchNormalization(`${prefix}depthwise_bn`, x, normalization);
  x = hardActivation(net, `${prefix}depthwise_activation`, x, activation);
  if (squeeze === 'se') x = squeezeAndExcite(net, `${prefix}squeeze_excite_`, x);
  x = pointwise(net, `${prefix}project`, x, filters);
  x = net.batchNormalization(`${prefix}project_bn`, x, normalization);
  return strides === 1 && channels === filters ? net.add(`${prefix}add`, [input, x]) : x;
}

/** Scales each channel by a hard gate in 0..1 that depends on all channels' means. */
function squeezeAndExcite(net: FunctionalBuilder, prefix: string, x: LayerOutput): LayerOutput {
  const channels = x.shape[2]!;
  const window = { kernelSize: 1, initializer: GLOROT };
  let gate = net.globalAveragePooling2d(`${prefix}avg_pool`, x);
  // tfjs has no `keepdims`.
  gate = net.reshape(`${prefix}reshape`, gate, [1, 1, channels]);
  gate = net.conv2d(`${prefix}conv`, gate, { ...window, filters: multipleOf8(channels / 4) });
  gate = hardActivation(net, `${prefix}relu`, gate, 'relu');
  gate = net.conv2d(`${prefix}conv_1`, gate, { ...window, filters: channels });
  gate = hardSigmoid(net, `${prefix}gate`, gate);
  return net.multiply(`${prefix}mul`, [x, gate]);
}
