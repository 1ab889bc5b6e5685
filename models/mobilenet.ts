import type { Conventions } from './conventions.js';
import type { FunctionalBuilder } from './functional-builder.js';
import type { InitializerConfig, LayerOutput } from './window.js';

/** How a MobileNet is built; what is left out is as keras.applications has it. */
export interface MobileNetOptions extends Partial<Conventions> {
  /** @default 1000 */
  classes?: number;
  /** Side of the square input, in pixels, 32 or more. @default 224 */
  imageSize?: number;
  /** Channels as a multiple of the published ones, more than 0. @default 1 */
  width?: number;
  /** Dropout rate in front of the classifier, 0 to below 1; 0 leaves the layer out. @default 0.2 */
  dropout?: number;
  /** Whether the model takes pixels in 0..255 and scales them to -1..1 by a layer of its own. */
  includePreprocessing?: boolean;
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

/** Sizes and rates of a member. */
export interface MobileNetMember {
  /** Native side of the input, in pixels. */
  imageSize: number;
  dropout: number;
  /** Widths that weights are published for. */
  widths: readonly number[];
}

/** Momentum of the moving statistics, as keras.applications has it. */
export const MOMENTUM = 0.999;

/** Starting values of the kernels. */
export const GLOROT: InitializerConfig = { class_name: 'GlorotUniform', config: { seed: null } };

/** Pixels in 0..255 to -1..1. */
export const TO_SYMMETRIC = { scale: 1 / 127.5, offset: -1 };

/** What the layers of a network have in common. */
export interface MobileNetStyle {
  padding: Conventions['padding'];
  /** Of batch normalization. */
  normalization: { epsilon: number; momentum: number };
}

/** A convolution over single pixels without bias, which changes the number of channels. */
export function pointwise(
  net: FunctionalBuilder,
  name: string,
  x: LayerOutput,
  filters: number,
): LayerOutput {
  return net.conv2d(name, x, { kernelSize: 1, filters, useBias: false, initializer: GLOROT });
}
