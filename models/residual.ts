import type { Conventions } from './conventions.js';
import type { FunctionalBuilder } from './functional-builder.js';
import { padForStride } from './stride-padding.js';
import type { InitializerConfig, LayerOutput } from './window.js';

/** How a residual network for small images is built; what is left out is as in https://github.com/google-research/sam. */
export interface SmallImageOptions extends Partial<Conventions> {
  /** @default 10 */
  classes?: number;
  /** Side of the square input, in pixels, 8 or more. @default 32 */
  imageSize?: number;
  /** Whether the model takes pixels in 0..255 and scales them by CIFAR-10's mean and deviation. @default false */
  includePreprocessing?: boolean;
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

/** Native side of CIFAR's images, in pixels. */
export const CIFAR_SIZE = 32;

/** Mean and standard deviation of CIFAR-10's training images, per RGB channel, in 0..1. */
export const CIFAR_STATISTICS = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
} as const;

/** Variance 2 / fan-out (arXiv 1502.01852), from a normal distribution that is not cut off. */
const CONVOLUTION_INITIALIZER: InitializerConfig = {
  class_name: 'VarianceScaling',
  config: { scale: 2, mode: 'fan_out', distribution: 'untruncated_normal', seed: null },
};

const MOMENTUM = 0.9;

/** What {@link SmallResidual} makes of the options. */
interface Settings {
  classes: number;
  padding: Conventions['padding'];
  epsilon: number;
  classifierActivation: string;
}

/**
 * The parts that WideResNet, PyramidNet and Shake-Shake share, with the settings of google-research/sam:
 * convolutions without biases, batch normalization with momentum 0.9 and epsilon 1e-5, TensorFlow's SAME padding.
 */
export class SmallResidual {
  readonly net: FunctionalBuilder;
  readonly #settings: Settings;
  readonly #input: LayerOutput;
  /** What the first convolution takes. */
  readonly pixels: LayerOutput;

  constructor(net: FunctionalBuilder, options: SmallImageOptions) {
    const { classes = 10, imageSize = CIFAR_SIZE, padding = 'same', epsilon = 1e-5 } = options;
    const { includePreprocessing = false, classifierActivation = 'softmax' } = options;
    this.net = net;
    this.#settings = { classes, padding, epsilon, classifierActivation };
    this.#input = net.input('input_1', [imageSize, imageSize, 3]);
    const { mean, std } = CIFAR_STATISTICS;
    const scaling = {
      scale: std.map((each) => 1 / (255 * each)),
      offset: mean.map((each, i) => -each / std[i]!),
    };
    this.pixels = includePreprocessing ? net.rescaling('rescaling', this.#input, scaling) : this.#input;
  }

  /** A convolution without bias. */
  convolution(
    name: string,
    x: LayerOutput,
    { filters, kernelSize, strides = 1 }: { filters: number; kernelSize: 1 | 3; strides?: number },
  ): LayerOutput {
    const { padding } = this.#settings;
    const padded = padForStride(this.net, `${name}_pad`, x, { kernelSize, strides, padding });
    const own = { filters, useBias: false, initializer: CONVOLUTION_INITIALIZER };
    return this.net.conv2d(name, padded.x, { ...padded.window, ...own });
  }

  normalize(name: string, x: LayerOutput): LayerOutput {
    return this.net.batchNormalization(name, x, { momentum: MOMENTUM, epsilon: this.#settings.epsilon });
  }

  relu(name: string, x: LayerOutput): LayerOutput {
    return this.net.activation(name, x, 'relu');
  }

  /** A shortcut without weights to `channels` channels at a stride: the mean of each window, then channels of zeros. */
  paddedShortcut(
    prefix: string,
    x: LayerOutput,
    { channels, strides }: { channels: number; strides: number },
  ) {
    const { net } = this;
    const pooled =
      strides === 1 ? x : net.averagePooling2d(`${prefix}_pool`, x, { kernelSize: strides, strides });
    const [height, width, own] = pooled.shape as [number, number, number];
    if (own === channels) return pooled;
    // Keras has no such layer; `toPlainLayers` says it with layers that it has.
    const config = { trainable: true, dtype: 'float32', padding: channels - own };
    return net.layer('ChannelPadding', `${prefix}_zeros`, [pooled], config, [height, width, channels]);
  }

  /** Mean over the image, classifier, and the whole topology. */
  classify(x: LayerOutput) {
    const { classes, classifierActivation } = this.#settings;
    // Uniform in +-1 / sqrt(classes), as the networks of AutoAugment start.
    const limit = 1 / Math.sqrt(classes);
    const initializer: InitializerConfig = {
      class_name: 'RandomUniform',
      config: { minval: -limit, maxval: limit, seed: null },
    };
    const pooled = this.net.globalAveragePooling2d('avg_pool', x);
    const classifier = { units: classes, activation: classifierActivation, initializer };
    return this.net.topology(this.#input, this.net.dense('predictions', pooled, classifier));
  }
}
