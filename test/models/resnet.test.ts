import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { countParameters } from '../../models/parameters.js';
import { RESNETS, type ResNetName, resnet } from '../../models/resnet.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { buildForward } from '../../src/model/index.js';
import { runLayers } from '../model/run-layers.js';
import { layerOf, namesOfClass } from './topology-checks.js';

const withoutInput = ({ config }: FunctionalTopology) => config.layers.slice(1).map(({ name }) => name);

const digest = (names: readonly string[]) =>
  createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16);

describe('parameter counts', () => {
  // As torchvision publishes them.
  test.each<[ResNetName, number]>([
    ['resnet-50', 25_557_032],
    ['resnet-101', 44_549_160],
    ['resnet-152', 60_192_808],
  ])('%s trains %i', (name, trainable) => {
    expect(countParameters(resnet(name)).trainable).toBe(trainable);
  });

  // As keras.applications publishes them.
  test.each<[ResNetName, number]>([
    ['resnet-50-v1', 25_636_712],
    ['resnet-101-v1', 44_707_176],
    ['resnet-152-v1', 60_419_944],
  ])('%s has %i in all', (name, total) => {
    expect(countParameters(resnet(name)).total).toBe(total);
  });
});

describe('the layers of keras.applications, in its order', () => {
  // SHA-256 over the names of `model.layers[1:]`, a line each, as Keras 3.15 lists them.
  test.each<[ResNetName, string]>([
    ['resnet-50-v1', '028657f9cfbc7c82'],
    ['resnet-101-v1', 'ad19167894cc7430'],
    ['resnet-152-v1', 'ae5038021c581861'],
  ])('%s', (name, expected) => {
    expect(digest(withoutInput(resnet(name)))).toBe(expected);
  });

  test('a stage begins with the shortcut between the branch’s second and third convolution', () => {
    const names = withoutInput(resnet('resnet-50-v1'));
    expect(names.slice(0, 18)).toEqual([
      'conv1_pad',
      'conv1_conv',
      'conv1_bn',
      'conv1_relu',
      'pool1_pad',
      'pool1_pool',
      'conv2_block1_1_conv',
      'conv2_block1_1_bn',
      'conv2_block1_1_relu',
      'conv2_block1_2_conv',
      'conv2_block1_2_bn',
      'conv2_block1_2_relu',
      'conv2_block1_0_conv',
      'conv2_block1_3_conv',
      'conv2_block1_0_bn',
      'conv2_block1_3_bn',
      'conv2_block1_add',
      'conv2_block1_out',
    ]);
    expect(names.slice(-2)).toEqual(['avg_pool', 'predictions']);
  });

  test.each(['50', '101', '152'])(
    'v1.5 of depth %s has the same, and zeros where the 3 x 3 strides',
    (depth) => {
      const later = withoutInput(resnet(`resnet-${depth}` as ResNetName));
      const pads = ['conv3_block1_2_pad', 'conv4_block1_2_pad', 'conv5_block1_2_pad'];
      expect(later.filter((name) => !pads.includes(name))).toEqual(
        withoutInput(resnet(`resnet-${depth}-v1` as ResNetName)),
      );
      expect(later).toEqual(expect.arrayContaining(pads));
    },
  );
});

describe('versions', () => {
  const stridesOf = (name: ResNetName, layer: string) => layerOf(resnet(name), layer).config.strides;

  test.each<[ResNetName, number[][]]>([
    [
      'resnet-50',
      [
        [1, 1],
        [2, 2],
        [2, 2],
      ],
    ],
    [
      'resnet-50-v1',
      [
        [2, 2],
        [1, 1],
        [2, 2],
      ],
    ],
  ])('%s strides in its own convolution, and in the shortcut', (name, [first, second, shortcut]) => {
    for (const stage of [3, 4, 5]) {
      expect(stridesOf(name, `conv${stage}_block1_1_conv`)).toEqual(first);
      expect(stridesOf(name, `conv${stage}_block1_2_conv`)).toEqual(second);
      expect(stridesOf(name, `conv${stage}_block1_0_conv`)).toEqual(shortcut);
      expect(stridesOf(name, `conv${stage}_block2_2_conv`)).toEqual([1, 1]);
    }
    expect(stridesOf(name, 'conv2_block1_0_conv')).toEqual([1, 1]);
  });

  test.each<[ResNetName, boolean, number]>([
    ['resnet-101', false, 1e-5],
    ['resnet-101-v1', true, 1.001e-5],
  ])('%s: biases %o, epsilon %f', (name, useBias, epsilon) => {
    const topology = resnet(name);
    for (const conv of namesOfClass(topology, 'Conv2D'))
      expect(layerOf(topology, conv).config.use_bias).toBe(useBias);
    for (const norm of namesOfClass(topology, 'BatchNormalization'))
      expect(layerOf(topology, norm).config.epsilon).toBe(epsilon);
  });

  test.each(Object.keys(RESNETS) as ResNetName[])(
    '%s has the sizes of the paper, at 224 px and others',
    (name) => {
      // The shapes that the builder notes must be those that the engine works out.
      for (const imageSize of [224, 33]) {
        expect(buildForward(resnet(name, { imageSize, classes: 7 }), { training: false }).classes).toBe(7);
      }
    },
  );
});

describe('options', () => {
  test('conventions: SAME padding has no layers of zeros', () => {
    const topology = resnet('resnet-50', { padding: 'same', epsilon: 1e-3 });
    expect(namesOfClass(topology, 'ZeroPadding2D')).toEqual([]);
    expect(layerOf(topology, 'conv1_conv').config.padding).toBe('same');
    expect(layerOf(topology, 'pool1_pool').config.padding).toBe('same');
    expect(layerOf(topology, 'conv1_bn').config.epsilon).toBe(1e-3);
  });

  test('classes, size, activation and dropout of the classifier', () => {
    const topology = resnet('resnet-50', {
      classes: 4,
      imageSize: 64,
      dropout: 0.3,
      classifierActivation: 'linear',
    });
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([null, 64, 64, 3]);
    expect(layerOf(topology, 'predictions').config).toMatchObject({ units: 4, activation: 'linear' });
    expect(layerOf(topology, 'predictions').inbound_nodes).toEqual([[['top_dropout', 0, 0, {}]]]);
    expect(namesOfClass(resnet('resnet-50'), 'Dropout')).toEqual([]);
  });

  test.each<[ResNetName, number[]]>([
    ['resnet-50', [(100 / 255 - 0.485) / 0.229, (150 / 255 - 0.456) / 0.224, (200 / 255 - 0.406) / 0.225]],
    ['resnet-50-v1', [100 - 123.68, 150 - 116.779, 200 - 103.939]],
  ])('%s scales pixels where asked', async (name, expected) => {
    const topology = resnet(name, { includePreprocessing: true, imageSize: 32 });
    expect(layerOf(topology, 'conv1_pad').inbound_nodes).toEqual([[['rescaling', 0, 0, {}]]]);
    const end = topology.config.layers.findIndex(({ name: layer }) => layer === 'rescaling');
    const flat = { name: 'flat', config: { name: 'flat' }, class_name: 'Flatten' };
    topology.config.layers = [
      ...topology.config.layers.slice(0, end + 1),
      { ...flat, inbound_nodes: [[['rescaling', 0, 0, {}]]] },
    ];
    topology.config.output_layers = [['flat', 0, 0]];
    const values = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => [100, 150, 200][i % 3]!);
    const { output } = await runLayers(topology, new Map(), { values, shape: [1, 32, 32, 3] });
    expected.forEach((value, channel) => {
      expect(output[channel]).toBeCloseTo(value, 3);
    });
  });
});
