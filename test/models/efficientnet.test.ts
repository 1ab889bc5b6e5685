import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { EFFICIENTNETS, type EfficientNetName, efficientnet } from '../../models/efficientnet.js';
import { countParameters } from '../../models/parameters.js';
import { multipleOf8, nearestMultipleOf8 } from '../../models/rounding.js';
import { stridePadding } from '../../models/stride-padding.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { testData } from '../test-data.js';
import { layerOf, namesOfClass } from './topology-checks.js';

describe('parameter counts', () => {
  // As keras.applications publishes them, with the 7 values of the normalization layer.
  test.each<[EfficientNetName, number]>([
    ['efficientnet-b0', 5_330_571],
    ['efficientnet-b1', 7_856_239],
    ['efficientnet-b2', 9_177_569],
    ['efficientnet-b3', 12_320_535],
    ['efficientnet-b4', 19_466_823],
    ['efficientnet-b5', 30_562_527],
    ['efficientnet-b6', 43_265_143],
    ['efficientnet-b7', 66_658_687],
  ])('%s has %i in all', (name, total) => {
    expect(countParameters(efficientnet(name)).total).toBe(total);
  });

  // Sums over the shapes in the published PyTorch files: all tensors, and those without running statistics.
  test.each<[EfficientNetName, number, number]>([
    ['efficientnet-lite0', 4_694_024, 4_652_008],
    ['efficientnet-lite1', 5_470_344, 5_416_680],
    ['efficientnet-lite2', 6_150_168, 6_092_072],
  ])('%s has %i in all, %i of them trainable', (name, total, trainable) => {
    expect(countParameters(efficientnet(name))).toEqual({ total, trainable });
  });

  it('counts B0 without its preprocessing', () => {
    const counted = countParameters(efficientnet('efficientnet-b0', { includePreprocessing: false }));
    expect(counted).toEqual({ total: 5_330_564, trainable: 5_288_548 });
  });

  it('names the layer that it cannot count', () => {
    const topology = efficientnet('efficientnet-lite0');
    layerOf(topology, 'block3a_dwconv').class_name = 'Conv3D';
    expect(() => countParameters(topology)).toThrow(/block3a_dwconv.*Conv3D/);
  });
});

describe('layers', () => {
  it('builds B7 in under 100 ms and L2 too', () => {
    // The quickest of some: a busy machine slows down any one of them.
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      efficientnet('efficientnet-b7');
      efficientnet('efficientnet-l2');
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('raises the drop-connect rate linearly with the block', () => {
    const topology = efficientnet('efficientnet-b4', { dropConnect: 0.32 });
    const blocks = namesOfClass(topology, 'DepthwiseConv2D').map((name) => name.replace('dwconv', 'drop'));
    const drops = namesOfClass(topology, 'Dropout').filter((name) => name !== 'top_dropout');
    expect(blocks).toHaveLength(32);
    expect(drops).toHaveLength(25);
    for (const name of drops) {
      const { config } = layerOf(topology, name);
      expect(config.rate).toBeCloseTo((0.32 * blocks.indexOf(name)) / 32, 12);
      expect(config.noise_shape).toEqual([null, 1, 1, 1]);
    }
  });

  it('leaves dropout and drop-connect out at a rate of 0', () => {
    const topology = efficientnet('efficientnet-b1', { dropout: 0, dropConnect: 0 });
    expect(namesOfClass(topology, 'Dropout')).toEqual([]);
    expect(layerOf(topology, 'predictions').inbound_nodes).toEqual([[['avg_pool', 0, 0, {}]]]);
    expect(layerOf(topology, 'block2b_add').inbound_nodes?.[0]?.map(([from]) => from)).toEqual([
      'block2b_project_bn',
      'block2a_project_bn',
    ]);
  });

  it('pads strided convolutions by the parity of their input', () => {
    expect(stridePadding([224, 224], 3)).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(stridePadding([15, 8], 5)).toEqual([
      [2, 2],
      [1, 2],
    ]);
    // 75 px: 75 -> 38 -> 19 -> 10 -> 5 -> 3, so the third and fifth halving start from an odd side too.
    const topology = efficientnet('efficientnet-b0', { imageSize: 75 });
    const padding = (name: string) => layerOf(topology, name).config.padding;
    const odd = (border: number) => [
      [border, border],
      [border, border],
    ];
    const even = (border: number) => [
      [border - 1, border],
      [border - 1, border],
    ];
    expect(padding('stem_conv_pad')).toEqual(odd(1));
    expect(padding('block2a_dwconv_pad')).toEqual(even(1));
    expect(padding('block3a_dwconv_pad')).toEqual(odd(2));
    expect(padding('block4a_dwconv_pad')).toEqual(even(1));
    expect(padding('block6a_dwconv_pad')).toEqual(odd(2));
  });

  it('pads as PyTorch where asked, by a layer of zeros', () => {
    const border = (size: number) => [
      [size, size],
      [size, size],
    ];
    for (const name of ['efficientnet-b0', 'efficientnet-lite0'] as const) {
      const topology = efficientnet(name, { padding: 'symmetric' });
      const names = namesOfClass(topology, 'ZeroPadding2D');
      expect(names).toHaveLength(5);
      expect(layerOf(topology, 'stem_conv_pad').config.padding).toEqual(border(1));
      expect(layerOf(topology, 'block3a_dwconv_pad').config.padding).toEqual(border(2));
      expect(layerOf(topology, 'block3a_dwconv').config.padding).toBe('valid');
      expect(layerOf(topology, 'block3b_dwconv').config.padding).toBe('same');
      const weights = (each: FunctionalTopology) =>
        each.config.layers
          .filter(({ class_name }) => class_name !== 'ZeroPadding2D')
          .map((layer) => layer.name);
      expect(weights(topology)).toEqual(weights(efficientnet(name)));
    }
  });

  it('gives every batch normalization the epsilon that is asked for', () => {
    const topology = efficientnet('efficientnet-b0', { epsilon: 1e-5 });
    const names = namesOfClass(topology, 'BatchNormalization');
    expect(names).toHaveLength(49);
    for (const name of names) expect(layerOf(topology, name).config.epsilon).toBe(1e-5);
  });

  it('rounds channels to multiples of 8, never more than 10 % down', () => {
    expect([32 * 1.1, 16 * 1.1, 24 * 1.2, 1280 * 4.3].map(multipleOf8)).toEqual([32, 16, 32, 5504]);
    expect([11.2, 3].map(multipleOf8)).toEqual([16, 8]);
    expect([11.2, 3].map(nearestMultipleOf8)).toEqual([8, 8]);
    for (let channels = 4; channels < 400; channels += 3.9)
      expect(multipleOf8(channels)).toBeGreaterThanOrEqual(0.9 * channels);
  });

  it('adds the second rescaling that ImageNet weights of Keras need', () => {
    const topology = efficientnet('efficientnet-b0', { includePreprocessing: 'imagenet' });
    expect(layerOf(topology, 'rescaling_1').config.scale).toEqual([
      1 / Math.sqrt(0.229),
      1 / Math.sqrt(0.224),
      1 / Math.sqrt(0.225),
    ]);
    expect(layerOf(topology, 'stem_conv_pad').inbound_nodes).toEqual([[['rescaling_1', 0, 0, {}]]]);
  });

  it('keeps stem, head and end stages of Lite at their size', () => {
    const topology = efficientnet('efficientnet-lite4');
    expect(layerOf(topology, 'stem_conv').config).toMatchObject({
      filters: 32,
      strides: [2, 2],
      padding: 'same',
    });
    expect(layerOf(topology, 'top_conv').config.filters).toBe(1280);
    const names = namesOfClass(topology, 'DepthwiseConv2D');
    expect(names.filter((name) => /block[17]/.test(name))).toEqual(['block1a_dwconv', 'block7a_dwconv']);
    expect(
      topology.config.layers.filter(({ name }) => /_pad$|_se_|rescaling|normalization/.test(name)),
    ).toEqual([]);
    expect(layerOf(topology, 'top_activation')).toMatchObject({
      class_name: 'ReLU',
      config: { max_value: 6 },
    });
  });

  it('gives Lite its preprocessing as a layer where asked', () => {
    const topology = efficientnet('efficientnet-lite0', { includePreprocessing: true });
    const { scale, offset } = layerOf(topology, 'rescaling').config as unknown as {
      scale: number;
      offset: number;
    };
    expect(255 * scale + offset).toBeCloseTo((255 - 127) / 128, 12);
    expect(layerOf(topology, 'stem_conv').inbound_nodes).toEqual([[['rescaling', 0, 0, {}]]]);
  });

  it('takes the classes, the size and the activation of the classifier', () => {
    const topology = efficientnet('efficientnet-lite1', {
      classes: 7,
      imageSize: 64,
      classifierActivation: 'linear',
    });
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([null, 64, 64, 3]);
    expect(layerOf(topology, 'predictions').config).toMatchObject({ units: 7, activation: 'linear' });
  });

  it.each(Object.keys(EFFICIENTNETS) as EfficientNetName[])(
    '%s wires every layer to an earlier one',
    (name) => {
      const earlier = new Set<string>();
      for (const layer of efficientnet(name).config.layers) {
        expect(layer.config.name).toBe(layer.name);
        const sources = layer.inbound_nodes?.flat().map(([from]) => from) ?? [];
        if (layer.class_name !== 'InputLayer') expect(sources).not.toEqual([]);
        for (const source of sources) expect(earlier).toContain(source);
        earlier.add(layer.name);
      }
    },
  );
});

describe('against the B0 that Keras 2.15 and tensorflowjs_converter wrote', () => {
  const folder = testData('converted-efficientnet-b0/layers-float16');

  test.skipIf(folder === undefined)('every layer agrees', () => {
    const file = JSON.parse(readFileSync(join(folder!, 'model.json'), 'utf8')) as {
      modelTopology: { model_config: FunctionalTopology };
    };
    const expected = file.modelTopology.model_config;
    const actual = efficientnet('efficientnet-b0', { classes: 10, imageSize: 96 });
    expect(actual.class_name).toBe(expected.class_name);
    expect(actual.config.name).toBe(expected.config.name);
    expect(actual.config.input_layers).toEqual(expected.config.input_layers);
    expect(actual.config.output_layers).toEqual(expected.config.output_layers);
    expect(actual.config.layers.map(({ name }) => name)).toEqual(
      expected.config.layers.map(({ name }) => name),
    );
    for (const layer of expected.config.layers) {
      const built = layerOf(actual, layer.name);
      expect(built.class_name).toBe(layer.class_name);
      expect(built.inbound_nodes).toEqual(layer.inbound_nodes);
      for (const [key, value] of Object.entries(built.config)) {
        // That file's moving averages are made quick on purpose; its initializers carry the module's name besides.
        if (key === 'momentum') continue;
        if (key.endsWith('_initializer')) expect(layer.config[key]).toMatchObject(value as object);
        else expect(value, `${layer.name}.${key}`).toEqual(layer.config[key]);
      }
    }
  });
});
