import type { Conventions } from './conventions.js';
import { FunctionalBuilder } from './functional-builder.js';
import { padForStride } from './stride-padding.js';
import type { FunctionalTopology } from './topology.js';
import type { InitializerConfig, LayerOutput } from './window.js';

/** Where a bottleneck halves the image, and what follows from whose network it is. */
export interface ResNetVersion {
  /** Which convolution of a stage's first block has the strides: the 1 x 1 of the paper, or the 3 x 3 of v1.5. */
  strideIn: 1 | 2;
  /** Whether convolutions have biases, which batch normalization makes idle. */
  useBias: boolean;
  /** Epsilon of batch normalization as published. */
  epsilon: number;
  /** Momentum of its moving statistics. */
  momentum: number;
  convolution: InitializerConfig;
  classifier: InitializerConfig;
}

const GLOROT: InitializerConfig = { class_name: 'GlorotUniform', config: { seed: null } };

const variance = (scale: number, mode: string, distribution: string): InitializerConfig => ({
  class_name: 'VarianceScaling',
  config: { scale, mode, distribution, seed: null },
});

/** As timm and torchvision train it: what NVIDIA called version 1.5. */
const V1_5: ResNetVersion = {
  strideIn: 2,
  useBias: false,
  epsilon: 1e-5,
  momentum: 0.9,
  convolution: variance(2, 'fan_out', 'untruncated_normal'),
  classifier: variance(1 / 3, 'fan_in', 'uniform'),
};

/** As keras.applications has it. */
const V1: ResNetVersion = {
  strideIn: 1,
  useBias: true,
  epsilon: 1.001e-5,
  momentum: 0.99,
  convolution: GLOROT,
  classifier: GLOROT,
};

/** Channels inside the blocks of each stage; a block gives four times as many. */
const STAGE_FILTERS = [64, 128, 256, 512] as const;

/** Blocks of each stage (arXiv 1512.03385, table 1). */
const BLOCKS = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] } as const;

interface ResNetMember {
  depth: keyof typeof BLOCKS;
  version: ResNetVersion;
  /** Native side of the input, in pixels. */
  imageSize: number;
}

const member = (depth: keyof typeof BLOCKS, version: ResNetVersion): ResNetMember => ({
  depth,
  version,
  imageSize: 224,
});

/** Members by name: depth, and whose network it is. */
export const RESNETS = {
  'resnet-50': member(50, V1_5),
  'resnet-101': member(101, V1_5),
  'resnet-152': member(152, V1_5),
  'resnet-50-v1': member(50, V1),
  'resnet-101-v1': member(101, V1),
  'resnet-152-v1': member(152, V1),
} as const satisfies Record<string, ResNetMember>;

/** A member of the ResNet family. */
export type ResNetName = keyof typeof RESNETS;

/** How a ResNet is built; what is left out is as published: `symmetric` padding, 1e-5 (v1: 1.001e-5). */
export interface ResNetOptions extends Partial<Conventions> {
  /** @default 1000 */
  classes?: number;
  /** Side of the square input, in pixels, 32 or more. @default 224 */
  imageSize?: number;
  /** Dropout rate in front of the classifier, 0 to below 1; 0 leaves the layer out. @default 0 */
  dropout?: number;
  /**
   * Whether the model takes pixels in 0..255 and scales them by a layer of its own. The weights of
   * keras.applications were trained on BGR less its mean: their first kernel goes in with its channels reversed,
   * since the layer takes RGB. @default false
   */
  includePreprocessing?: boolean;
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

const IMAGENET_STD = [0.229, 0.224, 0.225];
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
/** What keras.applications subtracts, per RGB channel. */
const KERAS_MEAN = [123.68, 116.779, 103.939];

const SCALING = {
  v1_5: {
    scale: IMAGENET_STD.map((std) => 1 / (255 * std)),
    offset: IMAGENET_MEAN.map((mean, i) => -mean / IMAGENET_STD[i]!),
  },
  v1: { scale: 1, offset: KERAS_MEAN.map((mean) => -mean) },
};

/**
 * A ResNet of bottlenecks as a topology without weights (arXiv 1512.03385), with the layers, the layer names and
 * the order of layers of keras.applications.
 *
 * @example
 * const topology = resnet('resnet-50', { classes: 10, imageSize: 96 });
 */
export function resnet(name: ResNetName, options: ResNetOptions = {}): FunctionalTopology {
  const { depth, version, imageSize: nativeSize } = RESNETS[name];
  const {
    classes = 1000,
    imageSize = nativeSize,
    dropout = 0,
    includePreprocessing = false,
    classifierActivation = 'softmax',
    padding = 'symmetric',
    epsilon = version.epsilon,
  } = options;
  const net = new FunctionalBuilder(`resnet${depth}`);
  const style: Style = { version, padding, epsilon };
  const input = net.input('input_1', [imageSize, imageSize, 3]);
  const scaling = version === V1 ? SCALING.v1 : SCALING.v1_5;
  const pixels = includePreprocessing ? net.rescaling('rescaling', input, scaling) : input;

  const stem = padForStride(net, 'conv1_pad', pixels, { kernelSize: 7, strides: 2, padding });
  let x = net.conv2d('conv1_conv', stem.x, { ...stem.window, filters: 64, ...convolution(version) });
  x = net.activation('conv1_relu', normalize(net, 'conv1_bn', x, style), 'relu');
  // Zeros in front of the pooling lose to every output of the ReLU: they are as good as no pixels.
  const pool = padForStride(net, 'pool1_pad', x, { kernelSize: 3, strides: 2, padding });
  x = net.maxPooling2d('pool1_pool', pool.x, pool.window);

  BLOCKS[depth].forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++) {
      x = bottleneck(net, x, {
        prefix: `conv${stage + 2}_block${block + 1}_`,
        style,
        filters: STAGE_FILTERS[stage]!,
        strides: stage > 0 && block === 0 ? 2 : 1,
        project: block === 0,
      });
    }
  });

  x = net.globalAveragePooling2d('avg_pool', x);
  if (dropout > 0) x = net.dropout('top_dropout', x, { rate: dropout });
  const classifier = { units: classes, activation: classifierActivation, initializer: version.classifier };
  return net.topology(input, net.dense('predictions', x, classifier));
}

interface Style {
  version: ResNetVersion;
  padding: Conventions['padding'];
  epsilon: number;
}

interface BlockOptions {
  /** Start of the layers' names, for instance `conv3_block2_`. */
  prefix: string;
  style: Style;
  filters: number;
  strides: 1 | 2;
  /** Whether the shortcut is a convolution, which changes channels and size. */
  project: boolean;
}

const convolution = ({ useBias, convolution: initializer }: ResNetVersion) => ({ useBias, initializer });

const normalize = (net: FunctionalBuilder, name: string, x: LayerOutput, { version, epsilon }: Style) =>
  net.batchNormalization(name, x, { epsilon, momentum: version.momentum });

/** 1 x 1, 3 x 3 and 1 x 1 convolutions beside a shortcut, then their sum. */
function bottleneck(net: FunctionalBuilder, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, style, filters, strides, project } = options;
  const { version, padding } = style;
  const own = convolution(version);
  const pointwise = (name: string, x: LayerOutput, count: number, step = 1) =>
    net.conv2d(name, x, { kernelSize: 1, strides: step, padding: 'valid', filters: count, ...own });
  const stridesOf = (position: 1 | 2) => (version.strideIn === position ? strides : 1);

  let x = pointwise(`${prefix}1_conv`, input, filters, stridesOf(1));
  x = net.activation(`${prefix}1_relu`, normalize(net, `${prefix}1_bn`, x, style), 'relu');
  const window = { kernelSize: 3, strides: stridesOf(2), padding };
  const padded = padForStride(net, `${prefix}2_pad`, x, window);
  x = net.conv2d(`${prefix}2_conv`, padded.x, { ...padded.window, filters, ...own });
  x = net.activation(`${prefix}2_relu`, normalize(net, `${prefix}2_bn`, x, style), 'relu');
  // Convolutions before normalizations: the order in which Keras lists layers of one depth.
  let shortcut = project ? pointwise(`${prefix}0_conv`, input, 4 * filters, strides) : input;
  x = pointwise(`${prefix}3_conv`, x, 4 * filters);
  if (project) shortcut = normalize(net, `${prefix}0_bn`, shortcut, style);
  x = normalize(net, `${prefix}3_bn`, x, style);
  return net.activation(`${prefix}out`, net.add(`${prefix}add`, [shortcut, x]), 'relu');
}
