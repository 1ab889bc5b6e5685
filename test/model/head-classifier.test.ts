import { afterEach, describe, expect, test } from 'vitest';
import type { FunctionalBuilder, InitializerConfig, LayerOutput } from '../../models/functional-builder.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { buildForward, swapHead } from '../../src/model/index.js';
import { traceLayers } from '../../src/model/trace.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallTopology } from '../train/small-network.js';
import { givenModel, logitsOf } from './given-model.js';
import { layerModel } from './layer-model.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const INITIALIZER: InitializerConfig = { class_name: 'GlorotUniform', config: { seed: null } };
const OLD = ['tench', 'goldfish', 'ostrich'];
const NEW = ['a', 'b', 'c', 'd'];

const body = (b: FunctionalBuilder, x: LayerOutput) =>
  b.conv2d('conv', x, { filters: 5, kernelSize: 3, activation: 'relu', initializer: INITIALIZER });

const names = (topology: unknown) =>
  (topology as FunctionalTopology).config.layers.map(({ name, class_name }) => `${name} ${class_name}`);

/** A head of Keras's MobileNets: pooling that keeps two dimensions, a 1 x 1 convolution, and what flattens it. */
const convolutionHead = (end: (b: FunctionalBuilder, x: LayerOutput) => LayerOutput) =>
  layerModel([8, 8, 3], (b, x) => {
    const pooling = { data_format: 'channels_last', keepdims: true };
    let y = b.layer('GlobalAveragePooling2D', 'pool', [body(b, x)], pooling, [1, 1, 5]);
    y = b.dropout('dropout', y, { rate: 0.1 });
    return end(b, b.conv2d('Logits', y, { filters: 3, kernelSize: 1, initializer: INITIALIZER }));
  });

const HEADS = {
  'MobileNetV3, Flatten': convolutionHead((b, x) =>
    b.activation('Predictions', b.layer('Flatten', 'flatten', [x], {}, [3]), 'softmax'),
  ),
  'MobileNet, Reshape': convolutionHead((b, x) =>
    b.activation('predictions', b.reshape('reshape_2', x, [3]), 'softmax'),
  ),
};

describe.each(Object.entries(HEADS))('a head of a 1 x 1 convolution: %s', (_, topology) => {
  test('is replaced in its place', async () => {
    const base = givenModel(topology, OLD);
    const model = swapHead(base, { classes: NEW, dropout: 0.4, biasStart: [1, 2, 3, 4] });
    expect(names(model.topology)).toEqual(names(topology));
    expect(await logitsOf(model)).toEqual([1, 2, 3, 4]);
    const { layers } = (model.topology as FunctionalTopology).config;
    expect(layers.find(({ name }) => name === 'dropout')!.config.rate).toBe(0.4);
    expect(buildForward(model.topology, { training: false }).weights.map(({ name }) => name)).toContain(
      'Logits/kernel',
    );
  });

  test('keeps rows', async () => {
    const base = givenModel(topology, OLD);
    const before = await logitsOf(base);
    const model = swapHead(base, { classes: ['x', 'ostrich', 'tench'], keepMatchingClasses: true });
    const after = await logitsOf(model);
    expect(after[0]).toBe(0);
    expect(after[1]).toBeCloseTo(before[2]!, 5);
    expect(after[2]).toBeCloseTo(before[0]!, 5);
  });

  test('takes a hidden layer', () => {
    const model = swapHead(givenModel(topology, OLD), { classes: NEW, hidden: 7 });
    const forward = buildForward(model.topology, { training: false });
    const shapes = new Map(forward.weights.map(({ name, shape }) => [name, shape]));
    expect([shapes.get('hidden/kernel'), shapes.get('Logits/kernel')]).toEqual([
      [1, 1, 5, 7],
      [1, 1, 7, 4],
    ]);
    expect(forward.classes).toBe(4);
  });
});

describe('a network that ends in features', () => {
  const headless = {
    'an image': (b: FunctionalBuilder, x: LayerOutput) => body(b, x),
    'pooled features': (b: FunctionalBuilder, x: LayerOutput) => b.globalAveragePooling2d('pool', body(b, x)),
    'a 1 x 1 convolution over an image': (b: FunctionalBuilder, x: LayerOutput) =>
      b.conv2d('project', body(b, x), { filters: 5, kernelSize: 1, initializer: INITIALIZER }),
    'a dense layer with relu': (b: FunctionalBuilder, x: LayerOutput) =>
      b.dense('fc', b.globalAveragePooling2d('pool', body(b, x)), {
        units: 5,
        activation: 'relu',
        initializer: INITIALIZER,
      }),
  };

  test.each(Object.entries(headless))(
    '%s: gets pooling where it is needed, and a classifier',
    async (_, end) => {
      const whole = layerModel([8, 8, 3], end);
      const topology = structuredClone(whole);
      // Without what the builder flattens it with.
      if (topology.config.layers.at(-1)!.class_name === 'Flatten') {
        topology.config.layers.pop();
        topology.config.output_layers = [[topology.config.layers.at(-1)!.name, 0, 0]];
      }
      const base = givenModel(topology, []);
      const model = swapHead(base, { classes: NEW, initializer: 'variance', dropout: 0.25, seed: 3 });
      const added = names(model.topology).slice(topology.config.layers.length);
      expect(added.slice(-2)).toEqual(['top_dropout Dropout', 'predictions Dense']);
      const image = traceLayers(topology).at(-1)!.shape.length === 3;
      expect(added.length).toBe(image ? 3 : 2);
      if (image) expect(added[0]).toBe('avg_pool GlobalAveragePooling2D');
      const logits = await logitsOf(model);
      expect(new Set(logits).size).toBe(4);
      for (const [name, weight] of base.weights) expect(model.weights.get(name)).toBe(weight);
      // A classifier that is there is replaced, not put behind another one.
      expect(names(swapHead(model, { classes: 2 }).topology)).toEqual(names(model.topology));
    },
  );

  test('a softmax over something else is refused', () => {
    const topology = layerModel([8, 8, 3], (b, x) =>
      b.activation('softmax', b.globalAveragePooling2d('pool', body(b, x)), 'softmax'),
    );
    expect(() => swapHead(givenModel(topology, OLD), { classes: NEW })).toThrow(
      /'layers' ends in a softmax over 'pool', a GlobalAveragePooling2D; expected a Dense.*--from-layer/,
    );
  });
});

describe('hidden layer', () => {
  test('stands in front of the dropout of the classifier, with a dropout of its own', async () => {
    const base = givenModel(smallTopology({ dropout: 0.2 }), OLD);
    const model = swapHead(base, {
      classes: NEW,
      dropout: 0.5,
      hidden: { units: 7, dropout: 0.3 },
      initializer: 'variance',
    });
    const { layers } = (model.topology as FunctionalTopology).config;
    expect(layers.slice(-4).map(({ name, config }) => [name, config.rate ?? config.units])).toEqual([
      ['hidden_dropout', 0.3],
      ['hidden', 7],
      ['top_dropout', 0.5],
      ['predictions', 4],
    ]);
    expect(new Set(await logitsOf(model)).size).toBe(4);
    // A second head keeps the hidden layer that is there, and adds another one under another name.
    expect(names(swapHead(model, { classes: 2, hidden: 3 }).topology)).toContain('hidden_1 Dense');
  });
});
