import { describe, expect, test } from 'vitest';
import { CIFAR_RESNETS, type CifarResNetName, cifarResnet } from '../../models/cifar-resnet.js';
import { countParameters } from '../../models/parameters.js';
import { buildForward } from '../../src/model/index.js';
import { runFragment } from '../model/run-fragment.js';
import { layerOf, namesOfClass } from './topology-checks.js';

const NAMES = Object.keys(CIFAR_RESNETS) as CifarResNetName[];

// Millions as in table 6 of the paper.
test.each<[CifarResNetName, number, number]>([
  ['cifar-resnet-20', 0.27, 269_722],
  ['cifar-resnet-32', 0.46, 464_154],
  ['cifar-resnet-44', 0.66, 658_586],
  ['cifar-resnet-56', 0.85, 853_018],
  ['cifar-resnet-110', 1.7, 1_727_962],
])('%s has %f million parameters', (name, millions, expected) => {
  const topology = cifarResnet(name);
  expect(countParameters(topology).trainable).toBe(expected);
  expect(Math.abs(expected / 1e6 - millions)).toBeLessThan(millions < 1 ? 0.005 : 0.05);
  const sizes = buildForward(topology, { training: false })
    .weights.filter(({ trainable }) => trainable)
    .map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  expect(sizes.reduce((a, b) => a + b)).toBe(expected);
});

describe.each(NAMES)('%s', (name) => {
  const topology = cifarResnet(name);

  test('has its depth, the classifier included', () => {
    expect(namesOfClass(topology, 'Conv2D').length + 1).toBe(CIFAR_RESNETS[name].depth);
  });

  test('has 10 classes and 32 px unless told otherwise, and takes odd sizes', () => {
    expect(buildForward(topology, { training: false })).toMatchObject({
      classes: 10,
      inputShape: [32, 32, 3],
    });
    for (const imageSize of [33, 27, 8]) {
      for (const shortcut of ['padding', 'convolution'] as const) {
        for (const padding of ['symmetric', 'same'] as const) {
          const other = cifarResnet(name, { imageSize, classes: 5, shortcut, padding });
          expect(buildForward(other, { training: true }).classes).toBe(5);
        }
      }
    }
  });
});

describe('the shortcut', () => {
  const from = (topology: ReturnType<typeof cifarResnet>, name: string) =>
    layerOf(topology, name).inbound_nodes![0]!.map(([source]) => source);

  test('is the input itself but where channels change', () => {
    const topology = cifarResnet('cifar-resnet-20');
    expect(from(topology, 'group1_block1_add')).toEqual(['group1_block1_bn2', 'init_relu']);
    expect(from(topology, 'group2_block2_add')).toEqual(['group2_block2_bn2', 'group2_block1_relu2']);
    expect(from(topology, 'group2_block1_add')).toEqual([
      'group2_block1_bn2',
      'group2_block1_shortcut_zeros',
    ]);
    expect(from(topology, 'group2_block1_shortcut_pick')).toEqual(['group1_block3_relu2']);
  });

  test('is a convolution with normalization in option B', () => {
    const topology = cifarResnet('cifar-resnet-20', { shortcut: 'convolution' });
    expect(countParameters(topology).trainable).toBe(269_722 + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64);
    expect(from(topology, 'group3_block1_add')).toEqual(['group3_block1_bn2', 'group3_block1_shortcut_bn']);
  });

  test('takes every second pixel, and zeros for the new channels', async () => {
    const topology = cifarResnet('cifar-resnet-20', { imageSize: 8 });
    const pixels = Array.from({ length: 4 * 4 * 2 }, (_, i) => i + 1);
    // The two layers of the shortcut alone, on an image of 4 x 4 with two channels.
    const [pick, zeros] = ['group2_block1_shortcut_pick', 'group2_block1_shortcut_zeros'].map((name) =>
      layerOf(topology, name),
    );
    const input = {
      class_name: 'InputLayer',
      name: 'input',
      config: { name: 'input', batch_input_shape: [null, 4, 4, 2], dtype: 'float32' },
      inbound_nodes: [],
    };
    const small = {
      ...topology,
      config: {
        ...topology.config,
        layers: [
          input,
          { ...pick!, inbound_nodes: [[['input', 0, 0, {}]]] },
          { ...zeros!, config: { ...zeros!.config, padding: 2 } },
          {
            class_name: 'Flatten',
            name: 'flat',
            config: { name: 'flat' },
            inbound_nodes: [[[zeros!.name, 0, 0, {}]]],
          },
        ],
        input_layers: [['input', 0, 0]],
        output_layers: [['flat', 0, 0]],
      },
    } as ReturnType<typeof cifarResnet>;
    const { fragment, logits } = buildForward(small, { training: false });
    const [found] = await runFragment(fragment, { images: { values: pixels, shape: [1, 4, 4, 2] } }, [
      logits,
    ]);
    expect(found!.values).toEqual([1, 2, 0, 0, 5, 6, 0, 0, 17, 18, 0, 0, 21, 22, 0, 0]);
  });
});
