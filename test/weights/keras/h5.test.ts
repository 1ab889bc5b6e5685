import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../../models/topology.js';
import type { Model } from '../../../src/model/index.js';
import { isKerasH5, readKerasH5 } from '../../../src/weights/keras/index.js';
import { testData } from '../../test-data.js';
import { temporaryFolder } from '../temporary-folder.js';
import { layerGroup, layersFile, writeH5 } from './h5-writer.js';
import { distanceTo, modelOf } from './import-model.js';
import { functional2, layer2 } from './models.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const f = (...values: number[]) => Float32Array.from(values);
const listed = (tensors: Awaited<ReturnType<typeof readKerasH5>>['tensors']) =>
  [...tensors].map(([name, { data }]) => [name, ...data]);

const input = layer2('InputLayer', 'image', [], { batch_input_shape: [null, 4, 4, 3] });

describe('the old layout', () => {
  test('weights alone: the names of layers, without what TensorFlow appends', async () => {
    const path = await writeH5(
      at('w.h5'),
      layersFile({
        conv: { 'conv/kernel:0': f(1, 2), 'conv/bias:0': f(3) },
        pool: {},
        bn: { 'bn/gamma': f(4) },
      }),
    );
    expect(isKerasH5(path)).toBe(true);
    const file = await readKerasH5(path);
    expect(listed(file.tensors)).toEqual([
      ['conv/kernel', 1, 2],
      ['conv/bias', 3],
      ['bn/gamma', 4],
    ]);
    expect(file).toMatchObject({ format: 'keras-h5', metadata: { kerasVersion: '2.15.0' } });
    expect(file.topology).toBeUndefined();
  });

  test('a layer that another one was cloned from bears its own name, not that of its weights', async () => {
    const path = await writeH5(
      at('clone.h5'),
      layersFile({ head: { 'dense_1/kernel:0': f(1), 'dense_1/bias:0': f(2) } }),
    );
    expect(listed((await readKerasH5(path)).tensors)).toEqual([
      ['head/kernel', 1],
      ['head/bias', 2],
    ]);
  });

  test('nested models without a description: inner names, with the outer one where two are the same', async () => {
    const inner = (value: number) => ({ 'conv/kernel:0': f(value), 'bn/gamma:0': f(value + 1) });
    const alone = await writeH5(
      at('nested.h5'),
      layersFile({ base: inner(1), head: { 'head/kernel:0': f(9) } }),
    );
    expect([...(await readKerasH5(alone)).tensors.keys()]).toEqual([
      'conv/kernel',
      'bn/gamma',
      'head/kernel',
    ]);
    const twins = await writeH5(at('twins.h5'), layersFile({ left: inner(1), right: inner(5) }));
    expect(listed((await readKerasH5(twins)).tensors)).toEqual([
      ['left_conv/kernel', 1],
      ['left_bn/gamma', 2],
      ['right_conv/kernel', 5],
      ['right_bn/gamma', 6],
    ]);
  });

  test('lists in pieces, as Keras cuts them where they are long', async () => {
    const { groups } = layersFile({ a: { 'a/kernel:0': f(1) }, b: { 'b/kernel:0': f(2) }, c: {} });
    const { attributes, ...rest } = layerGroup({ 'c/kernel:0': f(3), 'c/bias:0': f(4) });
    const pieces = { attributes: { weight_names0: ['c/kernel:0'], weight_names1: ['c/bias:0'] }, ...rest };
    expect(attributes).toBeDefined();
    const path = await writeH5(at('pieces.h5'), {
      attributes: { layer_names0: ['a', 'b'], layer_names1: ['c'] },
      groups: { ...groups, c: pieces },
    });
    expect([...(await readKerasH5(path)).tensors.keys()]).toEqual([
      'a/kernel',
      'b/kernel',
      'c/kernel',
      'c/bias',
    ]);
  });

  test('the names of Keras 1', async () => {
    const weights = { conv_1_W: f(1), conv_1_b: f(2) };
    const norm = { bn_gamma: f(3), bn_running_mean: f(4), bn_running_std: f(5) };
    const path = await writeH5(at('keras1.h5'), layersFile({ conv_1: weights, bn: norm }));
    expect([...(await readKerasH5(path)).tensors.keys()]).toEqual([
      'conv_1/kernel',
      'conv_1/bias',
      'bn/gamma',
      'bn/moving_mean',
      'bn/moving_variance',
    ]);
  });

  test('a whole model: its topology, labels, size; no state of the optimizer; one name for a depthwise kernel', async () => {
    const layers = [
      input,
      layer2('DepthwiseConv2D', 'dw', ['image'], { kernel_size: [1, 1], use_bias: false }),
      layer2('GlobalAveragePooling2D', 'pool', ['dw']),
      layer2('Dense', 'predictions', ['pool'], { units: 2, activation: 'softmax' }),
    ];
    const weights = layersFile({
      image: {},
      dw: { 'dw/kernel': f(1, 2, 3) },
      pool: {},
      predictions: { 'predictions/kernel': f(1, 2, 3, 4, 5, 6), 'predictions/bias': f(7, 8) },
    });
    const path = await writeH5(at('whole.h5'), {
      attributes: { model_config: JSON.stringify(functional2('m', layers, 'image', 'predictions')) },
      groups: { model_weights: weights, optimizer_weights: { datasets: { m: f(1) } } },
    });
    const file = await readKerasH5(path);
    expect([...file.tensors.keys()]).toEqual([
      'dw/depthwise_kernel',
      'predictions/kernel',
      'predictions/bias',
    ]);
    expect(file).toMatchObject({ format: 'keras-h5', labels: ['0', '1'], imageSize: 4 });
    expect(file.topology?.class_name).toBe('Functional');
    expect(file.metadata).toEqual({ kerasVersion: '2.15.0' });
  });
});

test('HDF5 after a block of another program is found; other files are not', async () => {
  const path = await writeH5(at('plain.h5'), layersFile({ a: { 'a/kernel': f(1) } }));
  const shifted = at('shifted.h5');
  writeFileSync(shifted, Buffer.concat([Buffer.alloc(512), readFileSync(path)]));
  expect(isKerasH5(shifted)).toBe(true);
  expect(isKerasH5(folder.write('text.h5', 'not HDF5 at all'))).toBe(false);
  expect(isKerasH5(folder.write('empty.h5', ''))).toBe(false);
  expect(isKerasH5(folder.path)).toBe(false);
  expect(isKerasH5(at('none.h5'))).toBe(false);
});

const converted = testData('converted-efficientnet-b0/keras-2.15.h5');
describe.skipIf(converted === undefined)('EfficientNet-B0 as Keras 2.15 wrote it', () => {
  let model: Model | undefined;
  afterAll(() => model?.dispose());

  test("gives Keras's logits", async () => {
    const { tensors, topology, labels, imageSize } = await readKerasH5(converted as string);
    expect(tensors.size).toBe(314);
    expect({ imageSize, labels: labels?.length }).toEqual({ imageSize: 96, labels: 10 });
    model = modelOf(topology as LayersTopology, tensors, 'keras-2.15.h5');
    const expected = JSON.parse(readFileSync(testData('converted-efficientnet-b0/expected.json')!, 'utf8'));
    expect(await distanceTo(expected['keras 2.15'].logits, model)).toBeLessThan(1e-4);
  });
});
