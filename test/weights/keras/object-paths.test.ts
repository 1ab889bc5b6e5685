import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LayersTopology } from '../../../models/topology.js';
import { areNamedByPlace, nameByTopology, readKerasH5 } from '../../../src/weights/keras/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type H5Group, writeH5 } from './h5-writer.js';
import { functional2, layer2 } from './models.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const f = (...values: number[]) => Float32Array.from(values);

/** The group of one layer as Keras 3 writes it. */
function group(values: Float32Array[], name?: string): H5Group {
  const datasets = Object.fromEntries(values.map((data, i) => [String(i), data]));
  return { groups: { vars: { datasets, ...(name === undefined ? {} : { attributes: { name } }) } } };
}
const file = (layers: Record<string, H5Group>): H5Group => ({
  groups: {
    layers: { groups: layers },
    vars: {},
    optimizer: { groups: { vars: { datasets: { 0: f(1) } } } },
  },
});

const layers = (named: boolean) => ({
  input_layer: group([], named ? 'image' : undefined),
  conv2d: group([f(1), f(2)], named ? 'stem' : undefined),
  conv2d_1: group([f(3)], named ? 'project' : undefined),
  depthwise_conv2d: group([f(4)], named ? 'dw' : undefined),
  batch_normalization: group([f(5), f(6), f(7), f(8)], named ? 'bn' : undefined),
  batch_normalization_1: group([f(10), f(11), f(12)], named ? 'bn_unscaled' : undefined),
  normalization: group([f(13), f(14), f(0)], named ? 'scale' : undefined),
  dense: group([f(15), f(16)], named ? 'predictions' : undefined),
});

const NAMED: [string, number][] = [
  ['stem/kernel', 1],
  ['stem/bias', 2],
  ['project/kernel', 3],
  ['dw/depthwise_kernel', 4],
  ['bn/gamma', 5],
  ['bn/beta', 6],
  ['bn/moving_mean', 7],
  ['bn/moving_variance', 8],
  ['bn_unscaled/beta', 10],
  ['bn_unscaled/moving_mean', 11],
  ['bn_unscaled/moving_variance', 12],
  ['scale/mean', 13],
  ['scale/variance', 14],
  ['scale/count', 0],
  ['predictions/kernel', 15],
  ['predictions/bias', 16],
];

const topology = functional2(
  'm',
  [
    layer2('InputLayer', 'image', [], { batch_input_shape: [null, 4, 4, 3] }),
    layer2('Normalization', 'scale', ['image'], { axis: [-1] }),
    layer2('Conv2D', 'stem', ['scale'], { filters: 1 }),
    layer2('BatchNormalization', 'bn', ['stem']),
    layer2('DepthwiseConv2D', 'dw', ['bn'], { use_bias: false }),
    layer2('BatchNormalization', 'bn_unscaled', ['dw'], { scale: false }),
    layer2('Conv2D', 'project', ['bn_unscaled'], { filters: 1, use_bias: false }),
    layer2('Dense', 'predictions', ['project'], { units: 1 }),
  ],
  'image',
  'predictions',
) as unknown as LayersTopology;

const entries = (tensors: Map<string, { data: ArrayLike<number | bigint> }>) =>
  [...tensors]
    .map(([name, { data }]) => [name, data[0]] as [string, number])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const sorted = [...NAMED].sort(([a], [b]) => (a < b ? -1 : 1));

describe('.weights.h5 of Keras 3', () => {
  test('layers bear the names that the file has beside their weights', async () => {
    const read = await readKerasH5(await writeH5(at('named.weights.h5'), file(layers(true))));
    expect(read.format).toBe('keras-weights');
    expect(entries(read.tensors)).toEqual(sorted);
  });

  test('without names, weights keep their places until a topology names them', async () => {
    const path = await writeH5(at('unnamed.weights.h5'), file(layers(false)));
    const { tensors } = await readKerasH5(path);
    expect(areNamedByPlace(tensors)).toBe(true);
    expect(tensors.get('layers/conv2d_1/vars/0')?.data[0]).toBe(3);
    expect(entries(nameByTopology(tensors, topology, path))).toEqual(sorted);
  });

  test('names of a nested model come before those that are there twice', async () => {
    const inner = (value: number, name: string): H5Group => ({
      groups: { layers: { groups: { conv2d: group([f(value)], 'conv') } }, vars: { attributes: { name } } },
    });
    const path = await writeH5(
      at('nested.weights.h5'),
      file({ functional: inner(1, 'left'), functional_1: inner(2, 'right'), dense: group([f(3)], 'head') }),
    );
    expect(entries((await readKerasH5(path)).tensors)).toEqual([
      ['head/kernel', 3],
      ['left_conv/kernel', 1],
      ['right_conv/kernel', 2],
    ]);
  });

  test('Keras 2.12 to 2.14 counted layers with weights twice, and called their group otherwise', async () => {
    const early: H5Group = {
      groups: {
        conv2d: group([f(1), f(2)]),
        conv2d_2: group([f(3)]),
        depthwise_conv2d: group([f(4)]),
        batch_normalization: group([f(5), f(6), f(7), f(8)]),
        batch_normalization_2: group([f(10), f(11), f(12)]),
        normalization: group([f(13), f(14), f(0)]),
        dense: group([f(15), f(16)]),
      },
    };
    const path = await writeH5(at('early.weights.h5'), { groups: { _layer_checkpoint_dependencies: early } });
    const { tensors } = await readKerasH5(path);
    expect(entries(nameByTopology(tensors, topology, path))).toEqual(sorted);
  });

  test('weights with names stay as they are', () => {
    const tensors = new Map([['a/kernel', { dtype: 'float32' as const, shape: [1], data: f(1) }]]);
    expect(nameByTopology(tensors, topology, 'x')).toBe(tensors);
  });
});

describe('weights that do not belong to a topology', () => {
  const read = async (name: string, change: Record<string, H5Group>) => {
    const path = await writeH5(at(name), file({ ...layers(false), ...change }));
    const { tensors } = await readKerasH5(path);
    return () => nameByTopology(tensors, topology, path);
  };

  test('another number of weights, with the layer, its place and the file', async () => {
    const named = await read('fewer.weights.h5', { dense: group([f(1)]) });
    expect(named).toThrow(
      /kernel, bias of layer 'predictions' at 'layers\/dense' in .*fewer.weights.h5.*1 weights/,
    );
  });

  test('weights left over', async () => {
    const named = await read('more.weights.h5', { dense_1: group([f(1)]) });
    expect(named).toThrow(/a layer for the weight at 'layers\/dense_1\/vars\/0'/);
  });
});
