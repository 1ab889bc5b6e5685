import { describe, expect, test } from 'vitest';
import type { Json } from '../../models/topology.js';
import { layerModel } from './layer-model.js';
import { runLayers } from './run-layers.js';

type Config = { [key: string]: Json };

const only = (className: string, config: Config, input: readonly number[]) =>
  layerModel(input, (b, x) => b.layer(className, 'layer', [x], config, input));

describe('noise', () => {
  const shape = [8, 8, 4];
  const batch = 64;
  const ones = { values: new Float32Array(batch * 256).fill(1), shape: [batch, ...shape] };
  const noisy = async (className: string, config: Config, { training = true, seed = 1n } = {}) =>
    (await runLayers(only(className, config, shape), new Map(), ones, { training, seed: [seed, 0n] })).output;

  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const central = (power: number) =>
      values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length;
    return { mean, deviation: Math.sqrt(central(2)), kurtosis: central(4) / central(2) ** 2 };
  };

  test.each<[string, Config, number]>([
    ['GaussianNoise', { stddev: 0.3 }, 0.3],
    ['GaussianDropout', { rate: 0.2 }, Math.sqrt(0.2 / 0.8)],
  ])('%s is normal around the input, with its own deviation', async (className, config, deviation) => {
    const found = moments(await noisy(className, config));
    // 16,384 draws: four standard deviations of each.
    expect(Math.abs(found.mean - 1)).toBeLessThan((4 * deviation) / 128);
    expect(found.deviation / deviation).toBeCloseTo(1, 1);
    expect(Math.abs(found.kurtosis - 3)).toBeLessThan(4 * Math.sqrt(24 / 16_384));
    expect(await noisy(className, config)).toEqual(await noisy(className, config));
    expect(await noisy(className, config, { seed: 2n })).not.toEqual(await noisy(className, config));
  });

  test.each([
    ['GaussianNoise', { stddev: 0.3 }],
    ['GaussianDropout', { rate: 0.2 }],
    ['SpatialDropout2D', { rate: 0.5 }],
    ['ActivityRegularization', { l1: 0.1, l2: 0.1 }],
  ])('%s is the identity at inference', async (className, config) => {
    expect(await noisy(className, config, { training: false })).toEqual(ones.values);
  });

  test('ActivityRegularization is the identity in training', async () => {
    expect(await noisy('ActivityRegularization', { l2: 0.1 })).toEqual(ones.values);
  });

  test('SpatialDropout2D drops whole channels of an image, and scales the others', async () => {
    const found = await noisy('SpatialDropout2D', { rate: 0.5 });
    const kept: number[] = [];
    for (let image = 0; image < batch; image++) {
      for (let channel = 0; channel < 4; channel++) {
        const values = new Set(
          Array.from({ length: 64 }, (_, pixel) => found[image * 256 + pixel * 4 + channel]!),
        );
        expect(values.size).toBe(1);
        kept.push([...values][0]!);
      }
    }
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    const share = kept.filter((value) => value > 0).length / kept.length;
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / kept.length));
  });
});
