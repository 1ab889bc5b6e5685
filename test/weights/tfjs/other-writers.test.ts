import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../../models/topology.js';
import { InputError } from '../../../src/errors.js';
import { NO_PREPROCESSING } from '../../../src/model/data.js';
import { readWeights } from '../../../src/weights/read.js';
import { readLayersModel } from '../../../src/weights/tfjs-layers.js';
import { testData } from '../../test-data.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder();
let count = 0;

/** A chain as tfjs writes it: input 32 x 32, 16 features, an activation, 3 classes, an activation. */
const chain = {
  class_name: 'Sequential',
  config: {
    name: 'chain',
    layers: [
      { class_name: 'Flatten', config: { name: 'flatten', batch_input_shape: [null, 32, 32, 3] } },
      { class_name: 'Dense', config: { name: 'hidden', units: 16 } },
      { class_name: 'Dense', config: { name: 'logits', units: 3 } },
      { class_name: 'Activation', config: { name: 'softmax', activation: 'softmax' } },
    ],
  },
};

function model(parts: object, shards: Record<string, Uint8Array> = {}): string {
  count += 1;
  const path = join(folder.path, `model${count}`);
  mkdirSync(path);
  const complete = { format: 'layers-model', modelTopology: chain, weightsManifest: [], ...parts };
  writeFileSync(join(path, 'model.json'), JSON.stringify(complete));
  for (const [name, bytes] of Object.entries(shards)) writeFileSync(join(path, name), bytes);
  return path;
}

const bytesOf = (values: Uint16Array | Float32Array | Int32Array) => new Uint8Array(values.buffer);
const manifest = (weights: object[], paths = ['a.bin']) => ({ weightsManifest: [{ paths, weights }] });

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

describe('refuses, with the file', () => {
  const one = [{ name: 'a/kernel', shape: [2], dtype: 'float32' }];
  const ours = (parts: object) => ({
    userDefinedMetadata: {
      samFinetune: {
        version: 1,
        labels: ['x', 'y', 'z'],
        preprocessing: NO_PREPROCESSING,
        imageSize: 32,
        ...parts,
      },
    },
  });
  const cases: [string, () => string, RegExp][] = [
    [
      'a shard that is cut off',
      () => model(manifest(one), { 'a.bin': new Uint8Array(7) }),
      /8 bytes in its shards, up to weight 'a\/kernel'.*received 7.*fetch it again/,
    ],
    [
      'a shard that is too long',
      () => model(manifest(one), { 'a.bin': new Uint8Array(9) }),
      /8 bytes in its shards.*received 9/,
    ],
    [
      'a shard that is missing',
      () => model(manifest(one)),
      /shard 'a\.bin', which is missing: expected it at .*a\.bin/,
    ],
    ['a shard outside', () => model(manifest(one, ['../../etc/passwd'])), /lies outside its folder/],
    ['a shard by its whole path', () => model(manifest(one, ['/etc/passwd'])), /lies outside its folder/],
    [
      'a shape of 4e18 bytes',
      () => model(manifest([{ ...one[0], shape: [1e9, 1e9] }]), { 'a.bin': new Uint8Array(8) }),
      /up to weight 'a\/kernel'/,
    ],
    [
      'another type',
      () => model(manifest([{ ...one[0], dtype: 'string' }])),
      /weightsManifest\.0\.weights\.0\.dtype/,
    ],
    [
      'quantization without scale',
      () => model(manifest([{ ...one[0], quantization: { dtype: 'uint8' } }])),
      /weights\.0\.quantization/,
    ],
    ['a graph model', () => model({ format: 'graph-model' }), /is a tfjs graph model/],
    [
      'another topology',
      () => model({ modelTopology: { class_name: 'Functional', config: {} } }),
      /a topology of class/,
    ],
    ['labels that are not as many as logits', () => model(ours({ labels: ['x'] })), /3 logits and 1 labels/],
    [
      'a description that is incomplete',
      () => model(ours({ imageSize: 'large' })),
      /userDefinedMetadata\.samFinetune.*imageSize/,
    ],
    ['a description of a later version', () => model(ours({ version: 2 })), /samFinetune.*version/],
  ];
  test.each(cases)('%s', async (_, make, message) => {
    const path = make();
    await expect(readLayersModel(path)).rejects.toThrow(message);
    await expect(readLayersModel(path)).rejects.toThrow(InputError);
    await expect(readLayersModel(path)).rejects.toThrow(path);
  });

  test('200 mutations of a model.json: an InputError or a model, never anything else', async () => {
    const path = model({ ...manifest(one), ...ours({}) }, { 'a.bin': new Uint8Array(8) });
    for (const bytes of mutations(readFileSync(join(path, 'model.json')), 200)) {
      writeFileSync(join(path, 'model.json'), bytes);
      const error = await readLayersModel(path).catch((reason: Error) => reason);
      if (error instanceof Error) expect(error, error.stack).toBeInstanceOf(InputError);
    }
  });

  test.each([
    { layers: [null], output_layers: [] },
    { layers: [{ config: null }], output_layers: [] },
    { layers: [{ config: {} }], output_layers: [null] },
    { layers: [{ config: {}, name: 'a', inbound_nodes: [null] }], output_layers: [['a', 0, 0]] },
    { layers: [{ config: 7, name: 'a', inbound_nodes: 1 }], output_layers: [['a', 0, 0]] },
  ])('a topology of odd parts: %j', async (config) => {
    const path = model({ modelTopology: { class_name: 'Functional', config } });
    const error = await readLayersModel(path).catch((reason: Error) => reason);
    if (error instanceof Error) expect(error, error.stack).toBeInstanceOf(InputError);
  });

  test('a model.json that breaks off', async () => {
    const text = JSON.stringify({ format: 'layers-model', modelTopology: chain, weightsManifest: [] });
    for (let length = 60; length < text.length; length += 40) {
      const path = folder.write('model.json', text.slice(0, length));
      await expect(readWeights(path)).rejects.toThrow(/JSON in .*model\.json.*fetch it again/);
    }
  });
});
