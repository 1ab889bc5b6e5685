import type { Conventions } from './conventions.js';
import type { FunctionalBuilder } from './functional-builder.js';
import { padForStride } from './stride-padding.js';
import type { InitializerConfig, LayerOutput } from './window.js';

function varianceScaling(scale: number, distribution: 'truncated_normal' | 'uniform'): InitializerConfig {
  return { class_name: 'VarianceScaling', config: { scale, mode: 'fan_out', distribution, seed: null } };
}

/** Starting values of EfficientNet's convolutions. */
export const CONVOLUTION_INITIALIZER = varianceScaling(2, 'truncated_normal');

/** Starting values of EfficientNet's classifier. */
export const DENSE_INITIALIZER = varianceScaling(1 / 3, 'uniform');

/** What the layers of a network have in common. */
export interface BlockStyle {
  activation: 'swish' | 'relu6';
  padding: Conventions['padding'];
  /** Whether `same` padding of a strided window is a layer of zeros. */
  explicitPadding: boolean;
  /** Name of a block's depthwise convolution, behind the block's own. */
  depthwiseName: 'dwconv' | 'dwconv2';
  /** Of batch normalization. */
  normalization: { epsilon: number; momentum: number };
}

/** One block. */
export interface BlockOptions {
  style: BlockStyle;
  kernelSize: number;
  strides: 1 | 2;
  /** Output channels. */
  filters: number;
  /** Channels inside the block, as a multiple of its input channels. */
  expandRatio: number;
  /** Channels of the squeezed layer, as a fraction of the block's input channels; 0 leaves squeeze-and-excitation out. */
  squeezeRatio: number;
  /** Probability that an image skips the block; 0 leaves the layer out. */
  dropRate: number;
}

/**
 * Expand, filter each channel, squeeze and excite, project; add the input where shapes allow.
 *
 * @param prefix start of the layers' names, for instance `block2b_`
 */
export function invertedResidual(
  net: FunctionalBuilder,
  prefix: string,
  input: LayerOutput,
  options: BlockOptions,
): LayerOutput {
  const { style, kernelSize, strides, filters, expandRatio, squeezeRatio } = options;
  const inputFilters = input.shape[2]!;
  let x = input;

  if (expandRatio !== 1) {
    const expanded = convolution(net, `${prefix}expand_conv`, x, {
      style,
      filters: inputFilters * expandRatio,
    });
    x = normalizeAndActivate(net, `${prefix}expand_`, expanded, style);
  }

  const { depthwiseName, padding, explicitPadding: explicit } = style;
  const window = { kernelSize, strides, padding, explicit };
  const padded = padForStride(net, `${prefix}${depthwiseName}_pad`, x, window);
  const filtered = net.depthwiseConv2d(`${prefix}${depthwiseName}`, padded.x, {
    ...padded.window,
    useBias: false,
    initializer: CONVOLUTION_INITIALIZER,
  });
  x = normalizeAndActivate(net, prefix, filtered, style);

  if (squeezeRatio > 0) {
    const squeezed = Math.max(1, Math.floor(inputFilters * squeezeRatio));
    x = squeezeAndExcite(net, x, { prefix, squeezed, activation: style.activation });
  }

  const projected = convolution(net, `${prefix}project_conv`, x, { style, filters });
  x = net.batchNormalization(`${prefix}project_bn`, projected, style.normalization);
  return addInput(net, prefix, x, input, options);
}

/**
 * As {@link invertedResidual}, with one whole convolution in place of the expansion and the depthwise one
 * (arXiv 2104.00298, figure 2). Without an expansion that convolution is the projection itself.
 */
export function fusedInvertedResidual(
  net: FunctionalBuilder,
  prefix: string,
  input: LayerOutput,
  options: BlockOptions,
): LayerOutput {
  const { style, kernelSize, strides, filters, expandRatio } = options;
  const window = { style, kernelSize, strides };
  let x = input;
  if (expandRatio === 1) {
    const projected = convolution(net, `${prefix}project_conv`, x, { ...window, filters });
    x = normalizeAndActivate(net, `${prefix}project_`, projected, style);
  } else {
    const expandedFilters = input.shape[2]! * expandRatio;
    const expanded = convolution(net, `${prefix}expand_conv`, x, { ...window, filters: expandedFilters });
    x = normalizeAndActivate(net, `${prefix}expand_`, expanded, style);
    const projected = convolution(net, `${prefix}project_conv`, x, { style, filters });
    x = net.batchNormalization(`${prefix}project_bn`, projected, style.normalization);
  }
  return addInput(net, prefix, x, input, options);
}

/** Adds the block's input where the block keeps its shape, and lets images skip the block by chance. */
function addInput(
  net: FunctionalBuilder,
  prefix: string,
  x: LayerOutput,
  input: LayerOutput,
  { strides, filters, dropRate }: BlockOptions,
): LayerOutput {
  if (strides !== 1 || input.shape[2] !== filters) return x;
  const dropped =
    dropRate > 0 ? net.dropout(`${prefix}drop`, x, { rate: dropRate, noiseShape: [null, 1, 1, 1] }) : x;
  return net.add(`${prefix}add`, [dropped, input]);
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

/** Batch normalization and the activation, named by what they follow. */
export function normalizeAndActivate(
  net: FunctionalBuilder,
  prefix: string,
  x: LayerOutput,
  { normalization, activation }: BlockStyle,
): LayerOutput {
  const normalized = net.batchNormalization(`${prefix}bn`, x, normalization);
  return net.activation(`${prefix}activation`, normalized, activation);
}

/** A convolution without bias, over single pixels unless a size is given. */
export function convolution(
  net: FunctionalBuilder,
  name: string,
  x: LayerOutput,
  options: { style: BlockStyle; filters: number; kernelSize?: number; strides?: 1 | 2 },
): LayerOutput {
  const { style, filters, kernelSize = 1, strides = 1 } = options;
  const { padding, explicitPadding: explicit } = style;
  const padded = padForStride(net, `${name}_pad`, x, { kernelSize, strides, padding, explicit });
  const initializer = CONVOLUTION_INITIALIZER;
  return net.conv2d(name, padded.x, { ...padded.window, filters, useBias: false, initializer });
}
