import { describe, expect, test } from 'vitest';
import type { Json } from '../../models/topology.js';
import type { WeightMap } from '../../src/model/index.js';
import { layerModel } from './layer-model.js';
import { pseudoRandom, runLayers } from './run-layers.js';

const values = pseudoRandom(2 * 4 * 4 * 3, { scale: 50 });
const images = { values, shape: [2, 4, 4, 3] };
const mean = [10, -5, 0.5];
const variance = [4, 0.25, 100];

const modelOf = (config: { [key: string]: Json }) =>
  layerModel([4, 4, 3], (b, x) => b.layer('Normalization', 'normalization', [x], config, x.shape));

describe('Normalization is (x - mean) / sqrt(variance)', () => {
  const expected = values.map((x, i) => (x - mean[i % 3]!) / Math.sqrt(variance[i % 3]!));
  const expectEquation = (output: Float32Array) =>
    output.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });

  test('with statistics that are weights', async () => {
    const weight = (data: number[], shape = [data.length]) => ({
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from(data),
    });
    const weights: WeightMap = new Map([
      ['normalization/mean', weight(mean)],
      ['normalization/variance', weight(variance)],
      ['normalization/count', weight([7], [])],
    ]);
    const { output } = await runLayers(modelOf({ axis: [3], mean: null, variance: null }), weights, images);
    expectEquation(output);
  });

  test.each<[string, { [key: string]: Json }]>([
    ['a list', { mean, variance }],
    ['nested as Keras nests them', { mean: [[[mean]]], variance: [[[variance]]] }],
  ])('with statistics that are configured, %s', async (_name, config) => {
    const { output } = await runLayers(modelOf({ axis: -1, ...config }), new Map(), images);
    expectEquation(output);
  });

  test('with one mean for all channels', async () => {
    const { output } = await runLayers(modelOf({ mean: 2, variance: 4 }), new Map(), images);
    output.forEach((value, i) => {
      expect(value).toBeCloseTo((values[i]! - 2) / 2, 4);
    });
  });

  test('does not divide by zero', async () => {
    const { output } = await runLayers(modelOf({ mean: 0, variance: [0, 1, 1] }), new Map(), images);
    expect(output.every(Number.isFinite)).toBe(true);
  });
});
