import type { Json } from './topology.js';

/** What a layer gives: the handle that the next layer takes. */
export interface LayerOutput {
  readonly layer: string;
  /** Without the batch, channels last: `[height, width, channels]` or `[features]`. */
  readonly shape: readonly number[];
}

/** An initializer in the JSON of Keras, for instance `{ class_name: 'Zeros', config: {} }`. */
export interface InitializerConfig {
  class_name: string;
  config: { [key: string]: Json };
  [key: string]: Json;
}

/** Zeros before and after, `[[top, bottom], [left, right]]`, in pixels. */
export type Padding2D = [[number, number], [number, number]];

/** A window that slides over an image: square, with equal strides in both directions. */
export interface WindowSize {
  kernelSize: number;
  /** @default 1 */
  strides?: number;
  /** @default 'same' */
  padding?: 'same' | 'valid';
}

/** A convolution's window and what is done with its result. */
export interface WindowOptions extends WindowSize {
  /** @default true */
  useBias?: boolean;
  /** @default 'linear' */
  activation?: string;
  /** Starting values of the kernel. */
  initializer: InitializerConfig;
}

/** Starting values of biases and offsets. */
export const ZEROS: InitializerConfig = { class_name: 'Zeros', config: {} };

/** Starting values of scales and variances. */
export const ONES: InitializerConfig = { class_name: 'Ones', config: {} };

/** Output size of a window that slides over `size` pixels. */
function windowOutput(size: number, { kernelSize, strides = 1, padding = 'same' }: WindowSize): number {
  return padding === 'same' ? Math.ceil(size / strides) : Math.floor((size - kernelSize) / strides) + 1;
}

/** `[height, width, channels]` of an image-shaped output; anything else is a mistake in an architecture. */
export function imageShape({ layer, shape }: LayerOutput): [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    throw new Error(
      `Expected [height, width, channels] from layer ${layer}, received [${shape.join(', ')}].`,
    );
  return [height, width, channels];
}

/** `[height, width, channels]` after a window has moved over an image. */
export function windowShape(x: LayerOutput, window: WindowSize, channels: number): number[] {
  const [height, width] = imageShape(x);
  return [windowOutput(height, window), windowOutput(width, window), channels];
}

/** The part of a convolution's JSON that its window decides. */
export function windowConfig({
  kernelSize,
  strides = 1,
  padding = 'same',
  useBias = true,
  activation = 'linear',
}: WindowOptions): { [key: string]: Json } {
  return {
    kernel_size: [kernelSize, kernelSize],
    strides: [strides, strides],
    padding,
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation,
    use_bias: useBias,
    bias_initializer: ZEROS,
  };
}
