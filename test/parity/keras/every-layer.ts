import { FunctionalBuilder, type LayerOutput } from '../../../models/functional-builder.js';
import type { FunctionalTopology, Json } from '../../../models/topology.js';
import { Model, NO_PREPROCESSING } from '../../../src/model/index.js';
import { sampleWeights } from '../../export/sample-models.js';

type Config = { [key: string]: Json };

const SIZE = 9;
const CLASSES = 5;
const WINDOW = { kernel_size: [3, 3], strides: [2, 2], padding: 'same' };

/** Layers on images of 9 pixels and 4 channels, with settings other than Keras's own, and the shapes that they give. */
const LAYERS: readonly [className: string, config: Config, shape: readonly number[]][] = [
  ['ActivityRegularization', { l1: 0, l2: 0.001 }, [9, 9, 4]],
  ['AveragePooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }, [5, 5, 4]],
  ['BatchNormalization', { axis: [3], epsilon: 0.01, momentum: 0.9, scale: false }, [9, 9, 4]],
  ['ChannelPadding', { padding: 2 }, [9, 9, 6]],
  ['Conv2D', { ...WINDOW, filters: 4, groups: 2, activation: 'swish' }, [5, 5, 4]],
  [
    'Cropping2D',
    {
      cropping: [
        [1, 2],
        [0, 3],
      ],
    },
    [6, 6, 4],
  ],
  ['DepthwiseConv2D', { ...WINDOW, depth_multiplier: 2, use_bias: false }, [5, 5, 8]],
  ['Dropout', { rate: 0.2, noise_shape: [null, 1, 1, 1] }, [9, 9, 4]],
  ['ELU', { alpha: 0.7 }, [9, 9, 4]],
  ['GaussianDropout', { rate: 0.1 }, [9, 9, 4]],
  ['GaussianNoise', { stddev: 0.1 }, [9, 9, 4]],
  ['GlobalAveragePooling2D', { keepdims: true }, [1, 1, 4]],
  ['GlobalMaxPooling2D', {}, [4]],
  ['LayerNormalization', { axis: [3], epsilon: 0.01 }, [9, 9, 4]],
  ['LeakyReLU', { negative_slope: 0.07 }, [9, 9, 4]],
  ['MaxPooling2D', { pool_size: [2, 2], strides: [2, 2] }, [4, 4, 4]],
  ['Normalization', { axis: [3], mean: null, variance: null }, [9, 9, 4]],
  ['Normalization', { axis: -1, mean: [1, 2, 3, 4], variance: [4, 1, 0.25, 9] }, [9, 9, 4]],
  ['PReLU', { shared_axes: [1, 2] }, [9, 9, 4]],
  ['Permute', { dims: [3, 1, 2] }, [4, 9, 9]],
  ['ReLU', { max_value: 1.5, negative_slope: 0.1, threshold: 0.2 }, [9, 9, 4]],
  ['Rescaling', { scale: [1, 2, 3, 4], offset: 0.5 }, [9, 9, 4]],
  ['Reshape', { target_shape: [3, 27, 4] }, [3, 27, 4]],
  ['SeparableConv2D', { ...WINDOW, filters: 3 }, [5, 5, 3]],
  ['ShakeDrop', { keep_probability: 0.7, alpha: [-0.5, 1], beta: [0, 1] }, [9, 9, 4]],
  ['Softmax', { axis: -1 }, [9, 9, 4]],
  ['SpatialDropout2D', { rate: 0.4 }, [9, 9, 4]],
  [
    'ZeroPadding2D',
    {
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
    [10, 12, 4],
  ],
];

/** Layers of two inputs of one shape. */
const MERGING = ['Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'ShakeShake', 'Subtract'];

const ACTIVATIONS = [
  ...['celu', 'elu', 'exponential', 'gelu', 'gelu_new', 'hardSigmoid', 'hard_sigmoid', 'hard_sigmoid_relu6'],
  ...['hard_silu', 'hard_swish', 'hard_tanh', 'leaky_relu', 'linear', 'log_sigmoid', 'mish', 'relu', 'relu6'],
  ...['selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'softsign', 'swish', 'tanh'],
];

/** A classifier through every layer that Keras can say, side by side: a layer that computed something else would be seen. */
export const everyLayer = (): Model =>
  classifier((b, x) => [
    ...LAYERS.map(([className, config, shape], i) => b.layer(className, `layer_${i}`, [x], config, shape)),
    ...MERGING.map((name) =>
      b.layer(name, `merging_${name}`, [x, b.activation(`x_${name}`, x, 'tanh')], {}, x.shape),
    ),
  ]);

/** The same through every activation, as a layer of its own and in a convolution. */
export const everyActivation = (): Model =>
  classifier((b, x) => [
    ...ACTIVATIONS.map((name) => b.layer('Activation', `own_${name}`, [x], { activation: name }, x.shape)),
    ...ACTIVATIONS.map((name) => {
      const config = { filters: 2, kernel_size: [1, 1], activation: name };
      return b.layer('Conv2D', `in_${name}`, [x], config, [SIZE, SIZE, 2]);
    }),
  ]);

function classifier(branches: (b: FunctionalBuilder, x: LayerOutput) => LayerOutput[]): Model {
  const b = new FunctionalBuilder('layers');
  const initializer = { class_name: 'GlorotUniform', config: {} };
  const input = b.input('input', [SIZE, SIZE, 3]);
  const scaled = b.rescaling('scaled', input, { scale: 1 / 64, offset: -2 });
  const x = b.conv2d('stem', scaled, { kernelSize: 3, filters: 4, padding: 'same', initializer });
  const flat = branches(b, x).map((output, i) =>
    output.shape.length === 1 ? output : b.flatten(`flat_${i}`, output),
  );
  const features = flat.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const all = b.layer('Concatenate', 'all', flat, { axis: -1 }, [features]);
  const topology: FunctionalTopology = b.topology(
    input,
    b.dense('predictions', all, { units: CLASSES, initializer }),
  );
  return new Model({
    topology,
    weights: sampleWeights(topology),
    labels: Array.from({ length: CLASSES }, (_, i) => `class ${i}`),
    preprocessing: NO_PREPROCESSING,
    imageSize: SIZE,
  });
}
