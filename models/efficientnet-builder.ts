import {
  FunctionalBuilder,
  type InitializerConfig,
  type LayerOutput,
  type Padding2D,
} from './functional-builder.js';
import type { FunctionalTopology } from './topology.js';

/** A row of the block table: inverted residual blocks of one width. */
export interface EfficientNetStage {
  kernelSize: number;
  /** Blocks at depth 1. */
  repeats: number;
  /** Output channels at width 1. */
  filters: number;
  /** Channels inside a block, as a multiple of its input channels. */
  expandRatio: number;
  /** Strides of the first block. */
  strides: 1 | 2;
}

/** What EfficientNet's members share, as opposed to EfficientNet-Lite's. */
export interface EfficientNetFamily {
  stages: readonly EfficientNetStage[];
  activation: 'swish' | 'relu6';
  /** Channels of the squeezed layer, as a fraction of the block's input channels; 0 leaves squeeze-and-excitation out. */
  squeezeRatio: number;
  /** Whether stem and head channels follow the width, and repeats of the first and last stage the depth. */
  scaleStemAndHead: boolean;
  /** Strided convolutions: an explicit layer of zeros, as keras.applications has it, or TensorFlow's SAME. */
  stridePadding: 'explicit' | 'same';
  /** The layers that turn pixels in 0..255 into the network's input, where they are part of the model. */
  preprocess(net: FunctionalBuilder, pixels: LayerOutput, options: { imagenetWeights: boolean }): LayerOutput;
}

/** Everything that decides a member's topology. */
export interface EfficientNetPlan {
  modelName: string;
  family: EfficientNetFamily;
  width: number;
  depth: number;
  /** Side of the square input, in pixels. */
  imageSize: number;
  classes: number;
  /** Dropout rate in front of the classifier; 0 leaves the layer out. */
  dropout: number;
  /** Drop-connect rate that the last block would have if there were one more; it grows linearly from 0. */
  dropConnect: number;
  preprocessing: 'none' | 'in-model' | 'in-model-imagenet';
  classifierActivation: string;
}

const STEM_FILTERS = 32;
const HEAD_FILTERS = 1280;

function varianceScaling(scale: number, distribution: 'truncated_normal' | 'uniform'): InitializerConfig {
  return { class_name: 'VarianceScaling', config: { scale, mode: 'fan_out', distribution, seed: null } };
}

const CONVOLUTION_INITIALIZER = varianceScaling(2, 'truncated_normal');
const DENSE_INITIALIZER = varianceScaling(1 / 3, 'uniform');

/** Channels at `width`: the nearest multiple of 8 that is not more than 10 % below `filters * width`. */
export function roundFilters(filters: number, width: number): number {
  const scaled = filters * width;
  const rounded = Math.max(8, Math.floor((scaled + 4) / 8) * 8);
  return rounded < 0.9 * scaled ? rounded + 8 : rounded;
}

/** Blocks of each stage at `depth`, rounded up. */
function stageRepeats({ family, depth }: EfficientNetPlan): number[] {
  const last = family.stages.length - 1;
  return family.stages.map(({ repeats }, index) =>
    family.scaleStemAndHead || (index !== 0 && index !== last) ? Math.ceil(depth * repeats) : repeats,
  );
}

/**
 * Zeros around an image in front of a 'valid' convolution of stride 2, so that it gives what TensorFlow's SAME
 * gives: one pixel less at the top and left of an even side.
 */
export function stridePadding([height, width]: readonly number[], kernelSize: number): Padding2D {
  const border = Math.floor(kernelSize / 2);
  const side = (size: number): [number, number] => [border - (1 - (size % 2)), border];
  return [side(height!), side(width!)];
}

/**
 * EfficientNet as a topology (arXiv 1905.11946), with the layers and the layer names of keras.applications.
 * Nothing is allocated: the largest member takes milliseconds too.
 */
export function buildEfficientNet(plan: EfficientNetPlan): FunctionalTopology {
  const { family, width, imageSize } = plan;
  const net = new FunctionalBuilder(plan.modelName);
  const input = net.input('input_1', [imageSize, imageSize, 3]);
  const pixels =
    plan.preprocessing === 'none'
      ? input
      : family.preprocess(net, input, { imagenetWeights: plan.preprocessing === 'in-model-imagenet' });

  const stemWidth = family.scaleStemAndHead ? width : 1;
  const stemFilters = roundFilters(STEM_FILTERS, stemWidth);
  const { x: stem, padding } = padForStride(net, 'stem_conv_pad', pixels, {
    family,
    kernelSize: 3,
    strides: 2,
  });
  const stemConvolution = net.conv2d('stem_conv', stem, {
    filters: stemFilters,
    kernelSize: 3,
    strides: 2,
    padding,
    useBias: false,
    initializer: CONVOLUTION_INITIALIZER,
  });
  let x = normalizeAndActivate(net, 'stem_', stemConvolution, family.activation);

  const repeats = stageRepeats(plan);
  const blocks = repeats.reduce((sum, count) => sum + count, 0);
  let block = 0;
  family.stages.forEach((stage, stageIndex) => {
    for (let repeat = 0; repeat < repeats[stageIndex]!; repeat++) {
      x = invertedResidual(net, x, {
        prefix: `block${stageIndex + 1}${String.fromCharCode('a'.charCodeAt(0) + repeat)}_`,
        family,
        stage,
        strides: repeat === 0 ? stage.strides : 1,
        filters: roundFilters(stage.filters, width),
        dropRate: (plan.dropConnect * block) / blocks,
      });
      block += 1;
    }
  });

  const headFilters = roundFilters(HEAD_FILTERS, stemWidth);
  x = normalizeAndActivate(net, 'top_', pointwise(net, 'top_conv', x, headFilters), family.activation);
  x = net.globalAveragePooling2d('avg_pool', x);
  if (plan.dropout > 0) x = net.dropout('top_dropout', x, { rate: plan.dropout });
  const output = net.dense('predictions', x, {
    units: plan.classes,
    activation: plan.classifierActivation,
    initializer: DENSE_INITIALIZER,
  });
  return net.topology(input, output);
}

interface BlockOptions {
  /** Start of the layers' names, for instance `block2b_`. */
  prefix: string;
  family: EfficientNetFamily;
  stage: EfficientNetStage;
  strides: 1 | 2;
  filters: number;
  dropRate: number;
}

/** Expand, filter each channel, squeeze and excite, project; add the input where shapes allow. */
function invertedResidual(net: FunctionalBuilder, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, family, stage, strides, filters, dropRate } = options;
  const inputFilters = input.shape[2]!;
  let x = input;

  if (stage.expandRatio !== 1) {
    const expanded = pointwise(net, `${prefix}expand_conv`, x, inputFilters * stage.expandRatio);
    x = normalizeAndActivate(net, `${prefix}expand_`, expanded, family.activation);
  }

  const { kernelSize } = stage;
  const padded = padForStride(net, `${prefix}dwconv_pad`, x, { family, kernelSize, strides });
  const filtered = net.depthwiseConv2d(`${prefix}dwconv`, padded.x, {
    kernelSize,
    strides,
    padding: padded.padding,
    useBias: false,
    initializer: CONVOLUTION_INITIALIZER,
  });
  x = normalizeAndActivate(net, prefix, filtered, family.activation);

  if (family.squeezeRatio > 0) {
    const squeezed = Math.max(1, Math.floor(inputFilters * family.squeezeRatio));
    x = squeezeAndExcite(net, x, { prefix, squeezed, activation: family.activation });
  }

  x = net.batchNormalization(`${prefix}project_bn`, pointwise(net, `${prefix}project_conv`, x, filters));
  if (strides !== 1 || inputFilters !== filters) return x;
  if (dropRate > 0) x = net.dropout(`${prefix}drop`, x, { rate: dropRate, noiseShape: [null, 1, 1, 1] });
  return net.add(`${prefix}add`, [x, input]);
}

/** Scales each channel by a gate in 0..1 that depends on all channels' means (arXiv 1709.01507). */
function squeezeAndExcite(
  net: FunctionalBuilder,
  x: LayerOutput,
  { prefix, squeezed, activation }: { prefix: string; squeezed: number; activation: string },
): LayerOutput {
  const channels = x.shape[2]!;
  const window = { kernelSize: 1, initializer: CONVOLUTION_INITIALIZER };
  let gate = net.globalAveragePooling2d(`${prefix}se_squeeze`, x);
  gate = net.reshape(`${prefix}se_reshape`, gate, [1, 1, channels]);
  gate = net.conv2d(`${prefix}se_reduce`, gate, { ...window, filters: squeezed, activation });
  gate = net.conv2d(`${prefix}se_expand`, gate, { ...window, filters: channels, activation: 'sigmoid' });
  return net.multiply(`${prefix}se_excite`, [x, gate]);
}

/** A convolution over single pixels, which changes the number of channels. */
function pointwise(net: FunctionalBuilder, name: string, x: LayerOutput, filters: number): LayerOutput {
  const window = { kernelSize: 1, useBias: false, initializer: CONVOLUTION_INITIALIZER };
  return net.conv2d(name, x, { ...window, filters });
}

function normalizeAndActivate(net: FunctionalBuilder, prefix: string, x: LayerOutput, activation: string) {
  return net.activation(`${prefix}activation`, net.batchNormalization(`${prefix}bn`, x), activation);
}

/** Puts zeros in front of a strided convolution where the family wants them as a layer, and says how to pad it. */
function padForStride(
  net: FunctionalBuilder,
  name: string,
  x: LayerOutput,
  { family, kernelSize, strides }: { family: EfficientNetFamily; kernelSize: number; strides: number },
): { x: LayerOutput; padding: 'same' | 'valid' } {
  if (strides === 1 || family.stridePadding === 'same') return { x, padding: 'same' };
  return { x: net.zeroPadding2d(name, x, stridePadding(x.shape, kernelSize)), padding: 'valid' };
}
