import { describe, expect, test } from 'vitest';
import { countParameters } from '../../models/parameters.js';
import { PYRAMIDNETS, type PyramidNetName, pyramidnet } from '../../models/pyramidnet.js';
import { shakeShake } from '../../models/shake-shake.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { WIDE_RESNETS, type WideResNetName, wideResnet } from '../../models/wide-resnet.js';
import { buildForward } from '../../src/model/index.js';
import { layerOf, namesOfClass } from './topology-checks.js';

const millions = (topology: FunctionalTopology) => countParameters(topology).trainable / 1e6;

const engineCount = (topology: FunctionalTopology) =>
  buildForward(topology, { training: false })
    .weights.filter(({ trainable }) => trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

describe('published parameter counts, in millions', () => {
  test.each<[WideResNetName, number]>([
    ['wide-resnet-28-10', 36.5],
    ['wide-resnet-16-8', 11.0],
    ['wide-resnet-40-2', 2.2],
  ])('%s: %f', (name, expected) => {
    expect(millions(wideResnet(name))).toBeCloseTo(expected, 1);
  });

  // Channels are rounded to the nearest number, not down as in the paper.
  test.each<[PyramidNetName, number]>([
    ['pyramidnet-110-alpha48', 1.7],
    ['pyramidnet-110-alpha84', 3.8],
    ['pyramidnet-110-alpha270', 28.3],
    ['pyramidnet-272-alpha200', 26.0],
  ])('%s: %f, within 5 %', (name, expected) => {
    const found = millions(pyramidnet(name));
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.05);
  });

  test('shake-shake-26-2x96d: 26.2', () => {
    expect(millions(shakeShake('shake-shake-26-2x96d'))).toBeCloseTo(26.2, 1);
  });
});

test.each<[string, FunctionalTopology, number]>([
  ['wide-resnet-28-10', wideResnet('wide-resnet-28-10'), 36_479_194],
  [
    'the same as in google-research/sam',
    wideResnet('wide-resnet-28-10', { shortcut: 'padding' }),
    36_220_634,
  ],
  ['pyramidnet-110-alpha48', pyramidnet('pyramidnet-110-alpha48'), 1_772_706],
  ['pyramidnet-110-alpha84', pyramidnet('pyramidnet-110-alpha84'), 3_904_446],
  ['pyramidnet-110-alpha270', pyramidnet('pyramidnet-110-alpha270'), 28_485_477],
  ['pyramidnet-272-alpha200', pyramidnet('pyramidnet-272-alpha200'), 26_210_842],
  ['shake-shake-26-2x96d', shakeShake('shake-shake-26-2x96d'), 26_192_922],
])('%s is counted as the engine counts it', (_name, topology, expected) => {
  expect(countParameters(topology).trainable).toBe(expected);
  expect(engineCount(topology)).toBe(expected);
});

describe('WideResNet', () => {
  test.each(Object.keys(WIDE_RESNETS) as WideResNetName[])('%s has its depth', (name) => {
    // The paper counts the three convolutions of shortcuts, and not the classifier.
    expect(namesOfClass(wideResnet(name), 'Conv2D')).toHaveLength(WIDE_RESNETS[name].depth);
  });

  test('has dropout between the convolutions of every block where asked', () => {
    expect(namesOfClass(wideResnet('wide-resnet-16-8'), 'Dropout')).toEqual([]);
    const topology = wideResnet('wide-resnet-16-8', { dropout: 0.3 });
    const drops = namesOfClass(topology, 'Dropout');
    expect(drops).toHaveLength(6);
    for (const name of drops) {
      expect(layerOf(topology, name).config).toMatchObject({ rate: 0.3, noise_shape: null });
      const [block] = name.split('_dropout');
      expect(layerOf(topology, name).inbound_nodes).toEqual([[[`${block}_relu2`, 0, 0, {}]]]);
      expect(layerOf(topology, `${block}_conv2`).inbound_nodes).toEqual([[[name, 0, 0, {}]]]);
    }
  });

  test('takes its convolution shortcut from what is activated, others from the input', () => {
    const topology = wideResnet('wide-resnet-40-2');
    expect(namesOfClass(topology, 'Conv2D').filter((name) => /shortcut/.test(name))).toEqual([
      'group1_block1_shortcut_conv',
      'group2_block1_shortcut_conv',
      'group3_block1_shortcut_conv',
    ]);
    const from = (name: string) => layerOf(topology, name).inbound_nodes![0]!.map(([source]) => source);
    expect(from('group2_block1_shortcut_conv')).toEqual(['group2_block1_relu1']);
    expect(from('group2_block2_add')).toEqual(['group2_block2_conv2', 'group2_block1_add']);
  });

  test('has the shortcut of google-research/sam where asked', () => {
    const topology = wideResnet('wide-resnet-28-10', { shortcut: 'padding' });
    const from = (name: string) => layerOf(topology, name).inbound_nodes![0]!.map(([source]) => source);
    expect(from('group1_block1_shortcut_zeros')).toEqual(['group1_block1_relu1']);
    expect(from('group2_block1_shortcut_zeros')).toEqual(['group2_block1_shortcut_pool']);
    expect(from('group2_block1_shortcut_pool')).toEqual(['group1_block4_add']);
    expect(layerOf(topology, 'group2_block1_conv1').config).toMatchObject({
      padding: 'same',
      strides: [2, 2],
    });
    expect(namesOfClass(topology, 'ZeroPadding2D')).toEqual([]);
  });

  test('pads as published where the image is halved', () => {
    const topology = wideResnet('wide-resnet-28-10');
    expect(namesOfClass(topology, 'ZeroPadding2D')).toEqual([
      'group2_block1_conv1_pad',
      'group3_block1_conv1_pad',
    ]);
  });
});

describe('PyramidNet', () => {
  test.each(Object.keys(PYRAMIDNETS) as PyramidNetName[])(
    '%s has its depth, and grows to its width',
    (name) => {
      const topology = pyramidnet(name);
      const { depth, alpha, block } = PYRAMIDNETS[name];
      // The classifier is a layer too.
      expect(namesOfClass(topology, 'Conv2D').length + 1).toBe(depth);
      const filters = namesOfClass(topology, 'Conv2D').map((conv) =>
        Number(layerOf(topology, conv).config.filters),
      );
      expect(filters[0]).toBe(16);
      expect(filters.at(-1)).toBe((16 + alpha) * (block === 'basic' ? 1 : 4));
      const steps = filters.map((each, i) => each - (filters[i - 1] ?? 0)).filter((step) => step < 0);
      // A bottleneck goes back to few channels in each block but the first.
      expect(steps).toHaveLength(block === 'basic' ? 0 : 89);
    },
  );

  test('rounds channels as google-research/sam at depth 272: 18, 20, 23, 25, 27', () => {
    const topology = pyramidnet('pyramidnet-272-alpha200');
    const filters = [1, 2, 3, 4, 5].map((i) => layerOf(topology, `group1_block${i}_conv1`).config.filters);
    expect(filters).toEqual([18, 20, 23, 25, 27]);
  });

  test('takes any alpha', () => {
    const topology = pyramidnet('pyramidnet-110-alpha48', { alpha: 150 });
    expect(layerOf(topology, 'group3_block18_conv2').config.filters).toBe(166);
    expect(topology.config.name).toBe('pyramidnet_110_alpha150');
  });

  test('shakes more with depth, to a half in the last block, and not at all at 0', () => {
    const topology = pyramidnet('pyramidnet-272-alpha200');
    const drops = namesOfClass(topology, 'ShakeDrop');
    expect(drops).toHaveLength(90);
    drops.forEach((name, i) => {
      expect(layerOf(topology, name).config.keep_probability).toBeCloseTo(1 - (0.5 * (i + 1)) / 90, 12);
    });
    expect(namesOfClass(pyramidnet('pyramidnet-272-alpha200', { dropConnect: 0 }), 'ShakeDrop')).toEqual([]);
    expect(namesOfClass(pyramidnet('pyramidnet-110-alpha270'), 'ShakeDrop')).toEqual([]);
    expect(
      namesOfClass(pyramidnet('pyramidnet-110-alpha270', { dropConnect: 0.5 }), 'ShakeDrop'),
    ).toHaveLength(54);
  });
});

describe('Shake-Shake', () => {
  test('has two branches a block, and its shortcut by two paths where channels change', () => {
    const topology = shakeShake('shake-shake-26-2x96d');
    expect(namesOfClass(topology, 'ShakeShake')).toHaveLength(12);
    expect(namesOfClass(topology, 'Cropping2D')).toEqual([
      'group1_block1_shortcut_crop',
      'group2_block1_shortcut_crop',
      'group3_block1_shortcut_crop',
    ]);
    // Every second pixel; the first group keeps the size.
    expect(namesOfClass(topology, 'AveragePooling2D')).toHaveLength(4);
    expect(layerOf(topology, 'group2_block1_shortcut_pool2').config).toMatchObject({
      pool_size: [1, 1],
      strides: [2, 2],
      padding: 'valid',
    });
  });
});

const NETWORKS: Record<string, (options: { imageSize?: number; classes?: number }) => FunctionalTopology> = {
  'wide-resnet-40-2': (options) => wideResnet('wide-resnet-40-2', options),
  'wide-resnet-40-2, padding': (options) =>
    wideResnet('wide-resnet-40-2', { shortcut: 'padding', ...options }),
  'pyramidnet-110-alpha48': (options) => pyramidnet('pyramidnet-110-alpha48', options),
  'shake-shake-26-2x96d': (options) => shakeShake('shake-shake-26-2x96d', options),
};

describe.each(Object.entries(NETWORKS))('%s', (_name, build) => {
  test('has 10 classes and 32 px unless told otherwise, and takes odd sizes', () => {
    expect(buildForward(build({}), { training: false })).toMatchObject({
      classes: 10,
      inputShape: [32, 32, 3],
    });
    for (const imageSize of [33, 27, 96]) {
      const forward = buildForward(build({ imageSize, classes: 5 }), { training: true });
      expect(forward.classes).toBe(5);
    }
    // Also where the engine is told another size than the topology.
    expect(buildForward(build({}), { training: false, imageSize: 40 }).inputShape).toEqual([40, 40, 3]);
  });

  test('wires every layer to earlier ones, under one name each', () => {
    const earlier = new Set<string>();
    for (const layer of build({}).config.layers) {
      expect(layer.config.name).toBe(layer.name);
      for (const [source] of layer.inbound_nodes?.flat() ?? []) expect(earlier).toContain(source);
      expect(earlier).not.toContain(layer.name);
      earlier.add(layer.name);
    }
  });
});
