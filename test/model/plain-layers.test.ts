import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import type { FunctionalBuilder, LayerOutput } from '../../models/functional-builder.js';
import { mobilenetV3 } from '../../models/mobilenet-v3.js';
import { pyramidnet } from '../../models/pyramidnet.js';
import { shakeShake } from '../../models/shake-shake.js';
import type { FunctionalTopology, Json } from '../../models/topology.js';
import { wideResnet } from '../../models/wide-resnet.js';
import { InputError } from '../../src/errors.js';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { toPlainLayers } from '../../src/model/plain-layers.js';
import { openInTfjs } from '../models/topology-checks.js';
import { layerModel } from './layer-model.js';
import { pseudoRandom, runLayers } from './run-layers.js';

type Config = { [key: string]: Json };
type Build = (b: FunctionalBuilder, x: LayerOutput) => LayerOutput;

let model: tf.LayersModel | undefined;

afterEach(() => {
  model?.dispose();
  model = undefined;
});

/** Weights that look random, for every weight of a topology. */
function weightsOf(topology: FunctionalTopology): WeightMap {
  return new Map(
    buildForward(topology, { training: false }).weights.map(({ name, shape }, i) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const data = pseudoRandom(length, { seed: i + 1, scale: Math.min(0.5, 3 / Math.sqrt(length)) });
      // Variances must be positive.
      return [name, { dtype: 'float32', shape, data: /variance/.test(name) ? data.map((x) => 1 + x) : data }];
    }),
  );
}

/** What tfjs makes of images, with the weights that the topology has there. */
async function inTfjs(
  topology: FunctionalTopology,
  weights: WeightMap,
  values: Float32Array,
  shape: number[],
) {
  await tf.setBackend('cpu');
  model = await openInTfjs(topology);
  for (const weight of model.weights) {
    const given = weights.get(weight.originalName)!;
    weight.write(tf.tensor(given.data as Float32Array, given.shape as number[]));
  }
  return tf.tidy(() => (model!.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync() as Float32Array);
}

async function expectSameValues(
  topology: FunctionalTopology,
  { shape, tolerance = 1e-4 }: { shape: number[]; tolerance?: number },
): Promise<FunctionalTopology> {
  const weights = weightsOf(topology);
  const values = pseudoRandom(
    shape.reduce((a, b) => a * b),
    { seed: 77, scale: 3 },
  );
  const plain = toPlainLayers(topology, weights);
  const expected = (await runLayers(topology, weights, { values, shape })).output;
  const engine = (await runLayers(plain, weights, { values, shape })).output;
  const found = await inTfjs(plain, weights, values, shape);
  expect(found.length).toBe(expected.length);
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(tolerance);
    expect(Math.abs(engine[i]! - value)).toBeLessThan(tolerance);
  });
  return plain;
}

const layer =
  (className: string, config: Config, channels = 4): Build =>
  (b, x) =>
    b.layer(className, 'own', [x], config, [...x.shape.slice(0, 2), channels]);

const twoInputs =
  (className: string): Build =>
  (b, x) =>
    b.layer(className, 'own', [x, b.activation('other', x, 'tanh')], {}, x.shape);

describe('tfjs opens the plain form, and it gives the same values', () => {
  test.each<[string, Build]>([
    ['ShakeDrop', layer('ShakeDrop', { keep_probability: 0.7, alpha: [-0.5, 1], beta: [0, 1] })],
    ['ShakeShake', twoInputs('ShakeShake')],
    ['ChannelPadding', layer('ChannelPadding', { padding: 3 }, 7)],
    ['SpatialDropout2D', layer('SpatialDropout2D', { rate: 0.4 })],
    ['ActivityRegularization', layer('ActivityRegularization', { l2: 0.1 })],
    ['Subtract', twoInputs('Subtract')],
    ['Normalization with weights', layer('Normalization', { axis: [3], mean: null, variance: null })],
    [
      'Normalization with statistics',
      layer('Normalization', { axis: -1, mean: [[1, 2, 3, 4]], variance: [[4, 1, 0.25, 9]] }),
    ],
    ['LeakyReLU of Keras 3', layer('LeakyReLU', { negative_slope: 0.07 })],
    ['ReLU with a slope', layer('ReLU', { max_value: null, negative_slope: 0.2, threshold: 0 })],
    ...[
      'silu',
      'swish',
      'gelu',
      'gelu_new',
      'celu',
      'hard_silu',
      'hard_swish',
      'hard_sigmoid',
      'hard_sigmoid_relu6',
      'hard_tanh',
      'leaky_relu',
      'log_sigmoid',
      'log_softmax',
    ].map((activation): [string, Build] => [`Activation ${activation}`, layer('Activation', { activation })]),
  ])('%s', async (_name, build) => {
    const topology = layerModel([5, 3, 4], build);
    await expectSameValues(topology, { shape: [2, 5, 3, 4] });
  });

  test.each<[string, FunctionalTopology]>([
    ['pyramidnet with ShakeDrop', pyramidnet('pyramidnet-110-alpha48', { dropConnect: 0.5, imageSize: 8 })],
    ['shake-shake', shakeShake('shake-shake-26-2x96d', { filters: 4, imageSize: 8 })],
    ['wide-resnet', wideResnet('wide-resnet-40-2', { shortcut: 'padding', imageSize: 8, dropout: 0.3 })],
  ])('%s', async (_name, topology) => {
    // tfjs gives probabilities; here logits are compared.
    topology.config.layers.at(-1)!.config.activation = 'linear';
    const plain = await expectSameValues(topology, { shape: [2, 8, 8, 3], tolerance: 2e-3 });
    const own = plain.config.layers.map(({ class_name }) => class_name);
    expect(own.filter((name) => /Shake|ChannelPadding/.test(name))).toEqual([]);
    const names = (of: FunctionalTopology) =>
      buildForward(of, { training: false }).weights.map(({ name }) => name);
    expect(names(plain)).toEqual(names(topology));
  });

  test('an activation inside a convolution or the classifier becomes a layer of its own', async () => {
    const topology = layerModel([4, 4, 3], (b, x) => {
      const window = { kernelSize: 3, initializer: { class_name: 'Zeros', config: {} } };
      const conv = b.conv2d('conv', x, { ...window, filters: 4, activation: 'hard_silu' });
      // The name that the activation would have is taken.
      const both = b.add('conv_activation', [conv, b.activation('also', conv, 'silu')]);
      const classifier = { units: 3, activation: 'log_sigmoid', initializer: window.initializer };
      return b.dense('out', b.flatten('flat', both), classifier);
    });
    const plain = await expectSameValues(topology, { shape: [2, 4, 4, 3] });
    expect(plain.config.layers.find(({ name }) => name === 'conv')!.config.activation).toBe('linear');
    expect(plain.config.output_layers).toEqual([['out_activation', 0, 0]]);
  });
});

test('a layer that is called twice is replaced at each call', async () => {
  const topology = layerModel([4, 4, 3], (b, x) => {
    const once = b.layer('ShakeDrop', 'shared', [x], { keep_probability: 0.5 }, x.shape);
    return b.add('sum', [once, b.activation('other', x, 'tanh')]);
  });
  const shared = topology.config.layers.find(({ name }) => name === 'shared')!;
  shared.inbound_nodes!.push([['input', 0, 0, {}]]);
  const sum = topology.config.layers.find(({ name }) => name === 'sum')!;
  sum.inbound_nodes = [
    [
      ['shared', 0, 0, {}],
      ['shared', 1, 0, {}],
    ],
  ];
  await expectSameValues(topology, { shape: [2, 4, 4, 3] });
});

test('what is plain already stays as it is, and the given topology is not changed', () => {
  const topology = mobilenetV3('mobilenet-v3-small');
  expect(toPlainLayers(topology)).toEqual(topology);
  const own = pyramidnet('pyramidnet-272-alpha200');
  const copy = structuredClone(own);
  toPlainLayers(own);
  expect(own).toEqual(copy);
});

test('Normalization stays where its statistics are not known', () => {
  const topology = layerModel([2, 2, 4], layer('Normalization', { mean: null, variance: null }));
  expect(toPlainLayers(topology)).toEqual(topology);
});

test.each<[string, Config, RegExp]>([
  ['ReLU', { threshold: 1 }, /'own' is a ReLU with a threshold/],
  ['ReLU', { negative_slope: 0.1, max_value: 6 }, /'own' is a ReLU with a threshold, or with a slope/],
  ['ELU', { alpha: 0.5 }, /'own' is an ELU with alpha 0.5/],
  ['Conv2D', { filters: 4, kernel_size: 1, groups: 2 }, /'own' is a convolution in groups/],
  ['Activation', { activation: 'exponential' }, /'own' has activation 'exponential'/],
])('%s %o has no plain form: it is named', (className, config, message) => {
  const topology = layerModel([2, 2, 4], layer(className, config));
  expect(() => toPlainLayers(topology)).toThrow(InputError);
  expect(() => toPlainLayers(topology)).toThrow(message);
});

describe('in the layers of Keras', () => {
  const activationsOf = (activation: string, target: 'keras-2' | 'keras-3') => {
    const topology = layerModel([2, 2, 4], layer('Activation', { activation }));
    const { layers } = toPlainLayers(topology, new Map(), { target }).config;
    return layers.slice(1, -1).map(({ class_name, config }) => config.activation ?? class_name);
  };

  test.each([
    ['swish', ['swish'], ['silu']],
    ['relu6', ['ReLU'], ['relu6']],
    ['hard_silu', ['Rescaling', 'ReLU', 'Rescaling', 'Multiply'], ['hard_silu']],
    // The same name is x / 5 + 1 / 2 in Keras 2 and x / 6 + 1 / 2 in Keras 3.
    ['hard_sigmoid', ['Rescaling', 'ReLU'], ['Rescaling', 'ReLU']],
    ['hard_sigmoid_relu6', ['Rescaling', 'ReLU', 'Rescaling'], ['hard_sigmoid']],
  ])('%s is %o in Keras 2, %o in Keras 3', (activation, two, three) => {
    expect(activationsOf(activation, 'keras-2')).toEqual(two);
    expect(activationsOf(activation, 'keras-3')).toEqual(three);
  });

  test.each(['keras-2', 'keras-3'] as const)('%s keeps layers that tfjs lacks', (target) => {
    for (const [className, config] of [
      ['Normalization', { mean: null, variance: null }],
      ['ReLU', { threshold: 1 }],
      ['ELU', { alpha: 0.5 }],
      ['SpatialDropout2D', { rate: 0.2 }],
    ] as const) {
      const topology = layerModel([2, 2, 4], layer(className, config));
      expect(toPlainLayers(topology, weightsOf(topology), { target })).toEqual(topology);
    }
  });

  test('the slope of a LeakyReLU has another name in each version', () => {
    const topology = layerModel([2, 2, 4], layer('LeakyReLU', { negative_slope: 0.1 }));
    const configOf = (target: 'keras-2' | 'keras-3') =>
      toPlainLayers(topology, new Map(), { target }).config.layers[1]!.config;
    expect(configOf('keras-2')).toMatchObject({ alpha: 0.1 });
    expect(configOf('keras-3')).toMatchObject({ negative_slope: 0.1 });
  });

  test('an activation that Keras 2 lacks is named', () => {
    expect(() => activationsOf('log_softmax', 'keras-2')).toThrow(
      /activation 'log_softmax', which the layers of Keras 2 cannot say/,
    );
    expect(activationsOf('log_softmax', 'keras-3')).toEqual(['log_softmax']);
  });
});
