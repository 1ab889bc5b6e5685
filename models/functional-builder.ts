import type { FunctionalTopology, Json, LayerConfig } from './topology.js';
import {
  type InitializerConfig,
  imageShape,
  type LayerOutput,
  ONES,
  type Padding2D,
  type WindowOptions,
  type WindowSize,
  windowConfig,
  windowShape,
  ZEROS,
} from './window.js';

export type { InitializerConfig, LayerOutput, Padding2D, WindowOptions, WindowSize } from './window.js';

/**
 * Assembles a functional topology, layer by layer, as data: nothing is computed and no weight is made.
 *
 * Every method adds one layer under the name that is given, and returns the handle of its output. The JSON is
 * what `tf.loadLayersModel` of tfjs-layers 4 and `model_from_json` of Keras 2 read.
 */
export class FunctionalBuilder {
  readonly #name: string;
  readonly #layers = new Map<string, LayerConfig>();

  /** @param name The model's name. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Adds any layer: the way to those that have no method here. Throws where the name is taken. */
  layer(
    className: string,
    name: string,
    inputs: readonly LayerOutput[],
    config: { [key: string]: Json },
    shape: readonly number[],
  ): LayerOutput {
    if (this.#layers.has(name)) throw new Error(`The model ${this.#name} has two layers named ${name}.`);
    this.#layers.set(name, {
      class_name: className,
      name,
      config: { name, ...config },
      inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input.layer, 0, 0, {}])],
    });
    return { layer: name, shape };
  }

  /** Adds an input of one image or vector, without the batch. */
  input(name: string, shape: readonly number[]): LayerOutput {
    const config = { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
    return this.layer('InputLayer', name, [], config, shape);
  }

  /** Adds `x * scale + offset`; lists hold one number a channel. */
  rescaling(
    name: string,
    x: LayerOutput,
    { scale, offset = 0 }: { scale: number | number[]; offset?: number | number[] },
  ) {
    return this.#add('Rescaling', name, [x], { scale, offset }, x.shape);
  }

  /** Adds `(x - mean) / sqrt(variance)` over the channels, mean and variance being weights. */
  normalization(name: string, x: LayerOutput): LayerOutput {
    const config = { axis: [x.shape.length], invert: false, mean: null, variance: null };
    return this.#add('Normalization', name, [x], config, x.shape);
  }

  /** Adds a border of zeros. */
  zeroPadding2d(name: string, x: LayerOutput, padding: Padding2D): LayerOutput {
    const [height, width, channels] = imageShape(x);
    const [[top, bottom], [left, right]] = padding;
    const shape = [height + top + bottom, width + left + right, channels];
    return this.#add('ZeroPadding2D', name, [x], { padding, data_format: 'channels_last' }, shape);
  }

  /** Adds a convolution; its kernel is `[kernelSize, kernelSize, channels, filters]`. */
  conv2d(name: string, x: LayerOutput, options: WindowOptions & { filters: number }): LayerOutput {
    const { filters, initializer } = options;
    const config = { filters, ...windowConfig(options), kernel_initializer: initializer };
    return this.#add('Conv2D', name, [x], config, windowShape(x, options, filters));
  }

  /** Adds a depthwise convolution; its depthwise kernel is `[kernelSize, kernelSize, channels, 1]`. */
  depthwiseConv2d(name: string, x: LayerOutput, options: WindowOptions): LayerOutput {
    const [, , channels] = imageShape(x);
    const config = {
      depth_multiplier: 1,
      ...windowConfig(options),
      depthwise_initializer: options.initializer,
    };
    return this.#add('DepthwiseConv2D', name, [x], config, windowShape(x, options, channels));
  }

  /** Adds a batch normalization over the channels, with scale and offset. */
  batchNormalization(
    name: string,
    x: LayerOutput,
    { epsilon = 1e-3, momentum = 0.99 }: { epsilon?: number; momentum?: number } = {},
  ): LayerOutput {
    const config = {
      axis: [x.shape.length],
      momentum,
      epsilon,
      center: true,
      scale: true,
      beta_initializer: ZEROS,
      gamma_initializer: ONES,
      moving_mean_initializer: ZEROS,
      moving_variance_initializer: ONES,
    };
    return this.#add('BatchNormalization', name, [x], config, x.shape);
  }

  /** Adds an activation by its Keras name. `relu6` becomes a ReLU layer, since Keras 2 has no such name. */
  activation(name: string, x: LayerOutput, activation: string): LayerOutput {
    if (activation === 'relu6') return this.#add('ReLU', name, [x], { max_value: 6 }, x.shape);
    return this.#add('Activation', name, [x], { activation }, x.shape);
  }

  /** Adds dropout; a noise shape of `[null, 1, 1, 1]` drops whole images of the batch (stochastic depth). */
  dropout(
    name: string,
    x: LayerOutput,
    { rate, noiseShape = null }: { rate: number; noiseShape?: (number | null)[] | null },
  ): LayerOutput {
    return this.#add('Dropout', name, [x], { rate, noise_shape: noiseShape, seed: null }, x.shape);
  }

  /** Adds the largest value in each window. 'valid' and a layer of zeros in front is PyTorch's padding of a ReLU's output. */
  maxPooling2d(name: string, x: LayerOutput, window: WindowSize): LayerOutput {
    return this.#pooling('MaxPooling2D', name, x, window);
  }

  /** Adds the mean of each window; zeros that 'same' puts around the image do not count. */
  averagePooling2d(name: string, x: LayerOutput, window: WindowSize): LayerOutput {
    return this.#pooling('AveragePooling2D', name, x, window);
  }

  /** Adds the mean over height and width: `[channels]`. */
  globalAveragePooling2d(name: string, x: LayerOutput): LayerOutput {
    const [, , channels] = imageShape(x);
    return this.#add('GlobalAveragePooling2D', name, [x], { data_format: 'channels_last' }, [channels]);
  }

  /** Adds a reshape to `shape`, without the batch. */
  reshape(name: string, x: LayerOutput, shape: readonly number[]): LayerOutput {
    return this.#add('Reshape', name, [x], { target_shape: [...shape] }, shape);
  }

  /** Adds the values in a row: `[height * width * channels]`. */
  flatten(name: string, x: LayerOutput): LayerOutput {
    const size = x.shape.reduce((product, side) => product * side, 1);
    return this.#add('Flatten', name, [x], { data_format: 'channels_last' }, [size]);
  }

  /** Adds the sum of outputs of one shape. */
  add(name: string, inputs: readonly [LayerOutput, ...LayerOutput[]]): LayerOutput {
    return this.#add('Add', name, inputs, {}, inputs[0].shape);
  }

  /** Adds the product of outputs; the first has the full shape, the others are broadcast over it. */
  multiply(name: string, inputs: readonly [LayerOutput, ...LayerOutput[]]): LayerOutput {
    return this.#add('Multiply', name, inputs, {}, inputs[0].shape);
  }

  /** Adds a fully connected layer; its kernel is `[features, units]`. */
  dense(
    name: string,
    x: LayerOutput,
    options: { units: number; activation?: string; initializer: InitializerConfig },
  ): LayerOutput {
    const { units, activation = 'linear', initializer } = options;
    const config = {
      units,
      activation,
      use_bias: true,
      kernel_initializer: initializer,
      bias_initializer: ZEROS,
    };
    return this.#add('Dense', name, [x], config, [units]);
  }

  /** The topology from `input` to `output`, with every layer that was added, in that order. */
  topology(input: LayerOutput, output: LayerOutput): FunctionalTopology {
    return {
      class_name: 'Functional',
      config: {
        name: this.#name,
        layers: [...this.#layers.values()],
        input_layers: [[input.layer, 0, 0]],
        output_layers: [[output.layer, 0, 0]],
      },
    };
  }

  #pooling(className: string, name: string, x: LayerOutput, window: WindowSize): LayerOutput {
    const { kernelSize, strides = 1, padding = 'same' } = window;
    const config = {
      pool_size: [kernelSize, kernelSize],
      strides: [strides, strides],
      padding,
      data_format: 'channels_last',
    };
    return this.#add(className, name, [x], config, windowShape(x, window, imageShape(x)[2]));
  }

  #add(
    className: string,
    name: string,
    inputs: readonly LayerOutput[],
    config: { [key: string]: Json },
    shape: readonly number[],
  ): LayerOutput {
    return this.layer(className, name, inputs, { trainable: true, dtype: 'float32', ...config }, shape);
  }
}
