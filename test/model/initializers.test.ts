import { describe, expect, test } from 'vitest';
import type { Json } from '../../models/topology.js';
import { initializer } from '../../src/model/initializers.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { runFragment, seedOf } from './run-fragment.js';

// A 3 x 3 convolution: fan-in 9 x 40, fan-out 9 x 60.
const SHAPE = [3, 3, 40, 60];
const [FAN_IN, FAN_OUT] = [360, 540];

async function draw(config: Json | undefined, { shape = SHAPE, seed = 1 } = {}): Promise<number[]> {
  const f = new Fragment();
  f.input('seed', 'int64', [2]);
  const output = initializer(config, 'zeros')(f, shape, 'seed');
  const [found] = await runFragment(f, { seed: seedOf(seed, 2) }, [output]);
  expect(found!.shape).toEqual(shape);
  return found!.values;
}

const momentsOf = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { mean, variance, largest };
};

const fanAverage = (FAN_IN + FAN_OUT) / 2;
/** Largest value over standard deviation: of a uniform distribution, and of a normal one cut off at two deviations. */
const [UNIFORM, TRUNCATED] = [Math.sqrt(3), 2 / 0.87962566103423978];

describe.each<[name: string, config: Json, mean: number, variance: number, cutOff?: number]>([
  ['zeros', 'zeros', 0, 0],
  ['ones', 'ones', 1, 0],
  ['constant', { class_name: 'Constant', config: { value: 0.25 } }, 0.25, 0],
  ['randomNormal', { class_name: 'RandomNormal', config: { mean: 1, stddev: 0.2 } }, 1, 0.04],
  [
    'truncatedNormal',
    { class_name: 'TruncatedNormal', config: { stddev: 0.5 } },
    0,
    (0.5 * 0.87962566) ** 2,
    TRUNCATED,
  ],
  ['randomUniform', { class_name: 'RandomUniform', config: { minval: -1, maxval: 3 } }, 1, 16 / 12],
  ['glorotUniform', 'glorotUniform', 0, 1 / fanAverage, UNIFORM],
  ['glorotNormal', 'glorot_normal', 0, 1 / fanAverage, TRUNCATED],
  ['heUniform', { class_name: 'HeUniform', config: {} }, 0, 2 / FAN_IN, UNIFORM],
  ['heNormal', 'heNormal', 0, 2 / FAN_IN, TRUNCATED],
  ['leCunUniform', { class_name: 'LecunUniform', config: {} }, 0, 1 / FAN_IN, UNIFORM],
  ['leCunNormal', 'lecun_normal', 0, 1 / FAN_IN, TRUNCATED],
  [
    "EfficientNet's convolutions",
    {
      class_name: 'VarianceScaling',
      config: { scale: 2, mode: 'fan_out', distribution: 'truncated_normal' },
    },
    0,
    2 / FAN_OUT,
    TRUNCATED,
  ],
  [
    "EfficientNet's classifier",
    { class_name: 'VarianceScaling', config: { scale: 1 / 3, mode: 'fan_out', distribution: 'uniform' } },
    0,
    1 / 3 / FAN_OUT,
    UNIFORM,
  ],
  [
    'tfjs’s names of mode and distribution',
    { class_name: 'VarianceScaling', config: { scale: 1, mode: 'fanAvg', distribution: 'normal' } },
    0,
    1 / fanAverage,
  ],
])('%s', (_name, config, mean, variance, cutOff) => {
  test('has the mean, variance and range of its definition', async () => {
    const found = momentsOf(await draw(config));
    const count = SHAPE.reduce((a, b) => a * b);
    // Five standard errors of the mean; 3 % of the variance is as many of its own, or more.
    expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(5 * Math.sqrt(variance / count) + 1e-7);
    expect(Math.abs(found.variance - variance)).toBeLessThanOrEqual(0.03 * variance);
    if (cutOff === undefined) return;
    const limit = cutOff * Math.sqrt(variance);
    expect(found.largest).toBeLessThanOrEqual(limit * 1.00001);
    expect(found.largest).toBeGreaterThan(limit * 0.97);
  });
});

test('other shapes count their fans as Keras does', async () => {
  const vector = momentsOf(await draw('heUniform', { shape: [20_000] }));
  expect(vector.variance / (2 / 20_000)).toBeCloseTo(1, 1);
  const dense = momentsOf(await draw('leCunUniform', { shape: [50, 400] }));
  expect(dense.variance * 50).toBeCloseTo(1, 1);
});

test('draws depend on the seed alone', async () => {
  const shape = [10];
  const first = await draw('heNormal', { shape, seed: 4 });
  expect(await draw('heNormal', { shape, seed: 4 })).toEqual(first);
  expect(await draw('heNormal', { shape, seed: 5 })).not.toEqual(first);
});

test('nothing configured takes the fallback; an unknown name is refused with the nearest', async () => {
  expect(await draw(undefined, { shape: [2] })).toEqual([0, 0]);
  expect(() => initializer('heNorml', 'zeros')).toThrow(
    /Unknown initializer 'heNorml'\. Did you mean 'heNormal'\? Known: zeros, /,
  );
});
