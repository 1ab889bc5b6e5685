import { afterEach, describe, expect, test } from 'vitest';
import { unitAxes } from '../../src/optimize/clip.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { applyUpdates, type Updates } from './apply-update.js';
import { expectClose } from './expect-close.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const sgd = { optimizer: 'sgd', momentum: 0.9, weightDecay: 0 } as const;

describe('by the norm', () => {
  const steep: Updates = {
    weights: { 'a/kernel': [10], 'a/bias': [10] },
    gradients: [{ 'a/kernel': [3], 'a/bias': [4] }],
    learningRate: 1,
  };

  test('scales by the norm over all weights, which is reported unclipped', async () => {
    const { weights, norms } = await applyUpdates({ ...sgd, clipNorm: 1 }, steep);
    expect(norms).toEqual([5]);
    expectClose(weights, { 'a/kernel': [10 - 0.6], 'a/bias': [10 - 0.8] });
  });

  test('leaves a gradient that is short enough', async () => {
    const { weights } = await applyUpdates({ ...sgd, clipNorm: 5 }, steep);
    expectClose(weights, { 'a/kernel': [7], 'a/bias': [6] });
  });

  test('comes before the decay', async () => {
    const { weights } = await applyUpdates({ ...sgd, clipNorm: 1, weightDecay: 0.5 }, steep);
    // 0.6 + 0.5 x 10; were the sum clipped, it would be below 1
    expectClose(weights, { 'a/kernel': [10 - 5.6], 'a/bias': [10 - 0.8] });
  });

  test('of a gradient of zero is zero', async () => {
    const { weights } = await applyUpdates(
      { ...sgd, clipNorm: 1 },
      { ...steep, gradients: [{ 'a/kernel': [0], 'a/bias': [0] }] },
    );
    expectClose(weights, { 'a/kernel': [10], 'a/bias': [10] });
  });
});

describe('adaptively', () => {
  const adaptive = { ...sgd, clipAdaptive: 0.1 };
  const columns: Updates = {
    // Two units of norm 5 and 10.
    weights: { 'a/kernel': [3, 6, 4, 8], 'a/bias': [0, 0] },
    of: { 'a/kernel': { shape: [2, 2] } },
    gradients: [{ 'a/kernel': [3, 0.6, 4, 0.8], 'a/bias': [0.3, 0.4] }],
    learningRate: 1,
  };

  test('limits each output channel by its own weights, and a bias as a whole', async () => {
    const { weights, norms } = await applyUpdates(adaptive, columns);
    expectClose(weights, {
      // Norms 5 and 1: the first is cut to 0.5, the second is exactly at its limit.
      'a/kernel': [3 - 0.3, 6 - 0.6, 4 - 0.4, 8 - 0.8],
      // A norm of zero counts as 0.001, so 0.5 is cut to 0.0001.
      'a/bias': [-6e-5, -8e-5],
    });
    expect(norms[0]).toBeCloseTo(Math.sqrt(25 + 1 + 0.25), 5);
  });

  test('leaves out what says so', async () => {
    const { weights } = await applyUpdates(adaptive, {
      ...columns,
      of: { 'a/kernel': { shape: [2, 2], clipped: false } },
    });
    expectClose(weights, { 'a/kernel': [0, 5.4, 0, 7.2], 'a/bias': [-6e-5, -8e-5] });
  });

  test('leaves a short gradient to the last bit, and a gradient of zero is zero', async () => {
    const short: Updates = {
      ...columns,
      gradients: [
        { 'a/kernel': [0.1, 0.2, 0.3, 0.4], 'a/bias': [1e-5, 2e-5] },
        { 'a/kernel': [0, 0, 0, 0], 'a/bias': [0, 0] },
      ],
    };
    expect((await applyUpdates(adaptive, short)).weights).toEqual((await applyUpdates(sgd, short)).weights);
  });

  test('comes after the norm over all weights, and before the decay', async () => {
    const one: Updates = {
      weights: { 'a/kernel': [10] },
      gradients: [{ 'a/kernel': [100] }],
      learningRate: 1,
    };
    const weightsWith = (given: object) =>
      applyUpdates({ ...adaptive, ...given }, one).then((found) => found.weights);
    expect(await weightsWith({ clipNorm: 0.5 })).toEqual({ 'a/kernel': [9.5] });
    expect(await weightsWith({ clipNorm: 50 })).toEqual({ 'a/kernel': [9] });
    expect(await weightsWith({ weightDecay: 0.5 })).toEqual({ 'a/kernel': [4] });
  });
});

test.each([
  ['stem_conv/kernel', [3, 3, 8, 16], [0, 1, 2]],
  ['predictions/kernel', [8, 10], [0]],
  ['block_dwconv/depthwise_kernel', [3, 3, 8, 1], [0, 1]],
  ['separable/pointwise_kernel', [1, 1, 8, 4], [0, 1, 2]],
  ['predictions/bias', [10], [0]],
  ['scale/scale', [], []],
])('a unit of %s %j is along %j', (name, shape, axes) => {
  expect(unitAxes(name, shape)).toEqual(axes);
});
