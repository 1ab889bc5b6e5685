import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import { FunctionalBuilder, type InitializerConfig } from '../../models/functional-builder.js';
import type { FunctionalTopology, SequentialTopology } from '../../models/topology.js';
import { InputError } from '../../src/errors.js';
import { cutAt } from '../../src/model/cut.js';
import { buildForward, swapHead } from '../../src/model/index.js';
import { traceLayers } from '../../src/model/trace.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallTopology } from '../train/small-network.js';
import { givenModel, logitsOf } from './given-model.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const INITIALIZER: InitializerConfig = { class_name: 'GlorotUniform', config: { seed: null } };
const OLD = ['x', 'y', 'z'];

const names = (topology: unknown) => (topology as FunctionalTopology).config.layers.map(({ name }) => name);

describe('cutAt', () => {
  test('gives the pooled output of the layer, shares the weights that are left, and drops the others', async () => {
    const base = givenModel(smallTopology(), OLD);
    const features = cutAt(base, 'stem_activation');
    expect(names(features.topology)).toEqual([
      'input',
      'stem_conv',
      'stem_bn',
      'stem_activation',
      'features',
    ]);
    expect([...features.weights.keys()]).toEqual(
      [...base.weights.keys()].filter((name) => name.startsWith('stem_')),
    );
    for (const [name, weight] of features.weights) expect(weight).toBe(base.weights.get(name));
    expect([features.labels, features.imageSize, base.topology]).toEqual([[], 8, smallTopology()]);
    // The same network as one that was built that far only.
    const b = new FunctionalBuilder('stem');
    const input = b.input('input', [8, 8, 3]);
    let x = b.conv2d('stem_conv', input, {
      filters: 6,
      kernelSize: 3,
      useBias: false,
      initializer: INITIALIZER,
    });
    x = b.activation('stem_activation', b.batchNormalization('stem_bn', x), 'relu');
    const built = base.with({ topology: b.topology(input, b.globalAveragePooling2d('pool', x)) });
    expect(await logitsOf(features)).toEqual(await logitsOf(built));
  });

  test('inside a residual block takes what the layer needs', () => {
    const base = givenModel(smallTopology({ dropConnect: 0.1 }), OLD);
    expect(names(cutAt(base, 'dw_bn').topology)).toEqual([
      ...['input', 'stem_conv', 'stem_bn', 'stem_activation', 'pool', 'dwconv', 'dw_bn', 'features'],
    ]);
    expect(names(cutAt(base, 'add').topology)).toEqual([
      ...['input', 'stem_conv', 'stem_bn', 'stem_activation', 'pool', 'dwconv', 'dw_bn', 'dw_activation'],
      ...['drop', 'add', 'features'],
    ]);
  });

  test.each(['dwconv', 'average', 'predictions', 'features'])(
    'a head goes behind %s, and is not taken for one',
    async (layer) => {
      const whole = givenModel(smallTopology(), OLD);
      const base = layer === 'features' ? cutAt(whole, 'add') : whole;
      const features = cutAt(base, layer);
      const before = traceLayers(features.topology as FunctionalTopology).map(({ name }) => name);
      const model = swapHead(features, { classes: ['a', 'b'], biasStart: [1, 2] });
      expect(names(model.topology)).toEqual([...before, expect.stringMatching(/^predictions(_1)?$/)]);
      expect(await logitsOf(model)).toEqual([1, 2]);
    },
  );

  test('of a real network has the right size', () => {
    const base = findBase('efficientnet-b0')!;
    const b0 = givenModel(base.build({ imageSize: 64 }), OLD, 64);
    const model = swapHead(cutAt(b0, 'block5c_add'), { classes: 7 });
    const { weights, classes } = buildForward(model.topology, { training: true });
    expect(classes).toBe(7);
    expect(weights.find(({ name }) => name === 'predictions/kernel')!.shape).toEqual([112, 7]);
    expect(weights.filter(({ name }) => !model.weights.has(name)).map(({ name }) => name)).toEqual([
      'predictions/kernel',
      'predictions/bias',
    ]);
    expect(weights.length).toBe(model.weights.size + 2);
  });

  test('a chain of layers can be cut', () => {
    const { layers } = smallTopology().config;
    const chain: SequentialTopology = {
      class_name: 'Sequential',
      config: {
        name: 'chain',
        layers: layers.slice(0, 4).map(({ class_name, config }) => ({ class_name, config })),
      },
    };
    const base = givenModel(smallTopology(), OLD).with({ topology: chain });
    expect(names(cutAt(base, 'stem_conv').topology)).toEqual(['input', 'stem_conv', 'features']);
  });

  test('of a layer that is called twice keeps the calls that are needed', () => {
    const b = new FunctionalBuilder('twice');
    const input = b.input('input', [8, 8, 3]);
    const shared = b.conv2d('shared', input, { filters: 3, kernelSize: 3, initializer: INITIALIZER });
    const topology = b.topology(input, b.activation('relu', shared, 'relu'));
    const { layers } = topology.config;
    layers[1]!.inbound_nodes!.push([['input', 0, 0, {}]]);
    layers[2]!.inbound_nodes![0]![0]![1] = 1;
    const base = givenModel(topology, []);
    const [, conv, relu] = (cutAt(base, 'relu').topology as FunctionalTopology).config.layers;
    expect([conv!.inbound_nodes!.length, relu!.inbound_nodes![0]![0]![1]]).toEqual([1, 0]);
  });

  test('an unknown layer is named with its nearest, and the input is refused', () => {
    const base = givenModel(smallTopology(), OLD);
    expect(() => cutAt(base, 'stem_con')).toThrow(InputError);
    expect(() => cutAt(base, 'stem_con')).toThrow(
      /Unknown layer 'stem_con' in small. Did you mean 'stem_conv'\? All layers: .*--summary/,
    );
    expect(() => cutAt(base, 'input')).toThrow(/'input' is the input of small: nothing would be left/);
  });
});
