import { describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../../models/topology.js';
import { NO_PREPROCESSING } from '../../../src/model/data.js';
import { readLayersModel } from '../../../src/weights/tfjs-layers.js';
import { testData } from '../../test-data.js';
import { modelFolders } from './model-folders.js';

const { model } = modelFolders();
const bytesOf = (values: Uint16Array | Float32Array | Int32Array) => new Uint8Array(values.buffer);

const converted = testData('converted-efficientnet-b0/layers-float16');
describe.skipIf(converted === undefined)(
  'EfficientNet-B0 as tensorflowjs_converter wrote it, float16',
  () => {
    test('has 314 weights, dequantized', async () => {
      const { weights, labels, imageSize, preprocessing, topology } = await readLayersModel(
        converted as string,
      );
      expect(weights.size).toBe(314);
      const others = [...weights].filter(([, { dtype }]) => dtype !== 'float32');
      expect(others.map(([name, { dtype }]) => [name, dtype])).toEqual([['normalization/count', 'int32']]);
      expect(labels).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      expect({ imageSize, preprocessing }).toEqual({ imageSize: 96, preprocessing: NO_PREPROCESSING });
      expect(topology.class_name).toBe('Functional');
      // From keras-2.15.h5 of the same model, read with h5py and rounded to float16 by numpy: shape, first two
      // values, and the sum of all.
      const expected: [string, number[], number[], number][] = [
        [
          'block1a_dwconv/depthwise_kernel',
          [3, 3, 32, 1],
          [-0.08587646484375, -0.1826171875],
          0.5223522186279297,
        ],
        ['block1a_bn/gamma', [32], [0.92724609375, 1.0478515625], 31.39111328125],
        ['top_bn/moving_variance', [1280], [0.60107421875, 0.60693359375], 640.9482421875],
        ['predictions/kernel', [1280, 10], [-0.03268432617, 0.06106567383], 41.206032037734985],
      ];
      for (const [name, shape, first, sum] of expected) {
        const weight = weights.get(name);
        const values = [...((weight?.data ?? []) as Float32Array)];
        expect(weight?.shape, name).toEqual(shape);
        first.forEach((value, i) => {
          expect(values[i], name).toBeCloseTo(value, 9);
        });
        expect(
          values.reduce((total, value) => total + value, 0),
          name,
        ).toBeCloseTo(sum, 6);
      }
    });
  },
);

describe('what the files of other programs leave out', () => {
  test('labels by index, also from behind an activation; the size of the input', async () => {
    const read = await readLayersModel(model({}));
    expect(read).toMatchObject({
      labels: ['0', '1', '2'],
      imageSize: 32,
      preprocessing: NO_PREPROCESSING,
      metadata: {},
    });
  });

  test('no size and no classes: 224 and no labels; layers as the whole config', async () => {
    const config = [
      { class_name: 'Flatten', config: { name: 'flatten', batch_input_shape: [null, null, null, 3] } },
    ];
    const read = await readLayersModel(
      model({ modelTopology: { model_config: { class_name: 'Sequential', config } } }),
    );
    expect(read).toMatchObject({ labels: [], imageSize: 224 });
    expect(read.topology.config.layers).toEqual(config);
  });

  test('classes of a graph, through its inbound nodes', async () => {
    const layer = (class_name: string, name: string, from: string | undefined, config = {}) => ({
      class_name,
      name,
      config: { name, ...config },
      inbound_nodes: from === undefined ? [] : [[[from, 0, 0, {}]]],
    });
    const layers = [
      layer('InputLayer', 'x', undefined, { batch_input_shape: [null, 48, 48, 3] }),
      layer('Dense', 'other', 'x', { units: 9 }),
      layer('Conv2D', 'logits', 'x', { filters: 5 }),
      layer('GlobalAveragePooling2D', 'pool', 'logits'),
    ];
    const topology = {
      class_name: 'Model',
      config: { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [['pool', 0, 0]] },
    };
    const read = await readLayersModel(model({ modelTopology: topology as unknown as LayersTopology }));
    expect(read).toMatchObject({ labels: ['0', '1', '2', '3', '4'], imageSize: 48 });
  });
});

describe('quantized weights, in more than one shard and group', () => {
  test('uint8, uint16 and float16 as tfjs computes them; int32, bool; no weights of optimizers', async () => {
    const values = Buffer.concat([
      Uint8Array.of(0, 1, 255),
      bytesOf(Uint16Array.of(0, 65535)),
      bytesOf(Uint16Array.of(0x3e00)),
      bytesOf(Int32Array.of(-5)),
      Uint8Array.of(1),
      Uint8Array.of(0, 3),
      bytesOf(Float32Array.of(9)),
    ]);
    const weights = [
      {
        name: 'a/kernel',
        shape: [3],
        dtype: 'float32',
        quantization: { dtype: 'uint8', min: -1, scale: 0.5, original_dtype: 'float32' },
      },
      {
        name: 'b/kernel',
        shape: [2],
        dtype: 'float32',
        quantization: { dtype: 'uint16', min: 2, scale: 0.25 },
      },
      {
        name: 'c/kernel',
        shape: [1],
        dtype: 'float32',
        quantization: { dtype: 'float16', original_dtype: 'float32' },
      },
      { name: 'd/count', shape: [], dtype: 'int32' },
      { name: 'e/flag', shape: [1], dtype: 'bool' },
      { name: 'f/steps', shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', min: -2, scale: 1.4 } },
      { name: 'Adam/m', shape: [1], dtype: 'float32', group: 'optimizer' },
    ];
    const second = { paths: ['c.bin'], weights: [{ name: 'g/bias', shape: [1], dtype: 'float32' }] };
    const path = model(
      { weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights }, second] },
      { 'a.bin': values.subarray(0, 6), 'b.bin': values.subarray(6), 'c.bin': bytesOf(Float32Array.of(4)) },
    );
    const read = (await readLayersModel(path)).weights;
    expect([...read].map(([name, { dtype, data }]) => [name, dtype, ...data])).toEqual([
      ['a/kernel', 'float32', -1, -0.5, 126.5],
      ['b/kernel', 'float32', 2, 65535 / 4 + 2],
      ['c/kernel', 'float32', 1.5],
      ['d/count', 'int32', -5],
      ['e/flag', 'bool', 1],
      ['f/steps', 'int32', -2, 2],
      ['g/bias', 'float32', 4],
    ]);
  });
});
