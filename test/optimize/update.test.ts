import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { updateFragment } from '../../src/optimize/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { applyUpdates, type Updates } from './apply-update.js';
import { expectClose } from './expect-close.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const none = { momentum: 0.9, weightDecay: 0 };
const twice: Updates = {
  weights: { 'a/kernel': [1, -2] },
  gradients: [{ 'a/kernel': [0.5, 1] }, { 'a/kernel': [-1, 2] }],
  learningRate: 0.1,
};

describe('two updates by hand', () => {
  test('sgd: w - rate g', async () => {
    const { weights, slots } = await applyUpdates({ ...none, optimizer: 'sgd' }, twice);
    expectClose(weights, { 'a/kernel': [1 - 0.05 + 0.1, -2 - 0.1 - 0.2] });
    expect(slots).toEqual({});
  });

  test('momentum: v = 0.9 v + g, w - rate v', async () => {
    const { weights, slots } = await applyUpdates({ ...none, optimizer: 'momentum' }, twice);
    // v: 0.5, then 0.45 - 1 = -0.55; and 1, then 0.9 + 2 = 2.9
    expectClose(slots, { 'a/kernel/momentum': [-0.55, 2.9] });
    expectClose(weights, { 'a/kernel': [1 - 0.05 + 0.055, -2 - 0.1 - 0.29] });
  });

  test('nesterov: v = 0.9 v + g, w - rate (g + 0.9 v)', async () => {
    const { weights, slots } = await applyUpdates({ ...none, optimizer: 'nesterov' }, twice);
    expectClose(slots, { 'a/kernel/momentum': [-0.55, 2.9] });
    // g + 0.9 v: 0.95, then -1.495; and 1.9, then 4.61
    expectClose(weights, { 'a/kernel': [1 - 0.095 + 0.1495, -2 - 0.19 - 0.461] });
  });
});

const mixed: Updates = {
  weights: { 'a/kernel': [2], 'a/bias': [2], 'bn/gamma': [2], 'dw/depthwise_kernel': [2] },
  gradients: [{ 'a/kernel': [1], 'a/bias': [1], 'bn/gamma': [1], 'dw/depthwise_kernel': [1] }],
  learningRate: 1,
};
const sgd = { ...none, optimizer: 'sgd' } as const;

describe('weight decay', () => {
  test('pulls kernels only', async () => {
    const { weights } = await applyUpdates({ ...sgd, weightDecay: 0.25 }, mixed);
    // kernels: 2 - (1 + 0.25 x 2); the others: 2 - 1
    expectClose(weights, {
      'a/kernel': [0.5],
      'dw/depthwise_kernel': [0.5],
      'a/bias': [1],
      'bn/gamma': [1],
    });
  });

  test('goes through the momentum, as coupled decay does', async () => {
    const options = { optimizer: 'momentum', momentum: 0.5, weightDecay: 0.5 } as const;
    const { slots } = await applyUpdates(options, {
      weights: { 'a/kernel': [4] },
      gradients: [{ 'a/kernel': [1] }],
      learningRate: 0.1,
    });
    expectClose(slots, { 'a/kernel/momentum': [3] });
  });
});

describe('decoupled decay', () => {
  test('shrinks by learning rate, own rate and lambda, beside the momentum', async () => {
    const options = {
      optimizer: 'momentum',
      momentum: 0.5,
      weightDecay: 0.5,
      decayMode: 'decoupled',
    } as const;
    const { weights, slots } = await applyUpdates(options, {
      weights: { 'a/kernel': [4] },
      of: { 'a/kernel': { rate: 0.5 } },
      gradients: [{ 'a/kernel': [1] }],
      learningRate: 0.2,
    });
    // 4 - 0.1 x 0.5 x 4 - 0.1 x 1
    expectClose(weights, { 'a/kernel': [3.7] });
    expectClose(slots, { 'a/kernel/momentum': [1] });
  });
});

test('a weight says itself whether it decays', async () => {
  const { weights } = await applyUpdates(
    { ...sgd, weightDecay: 0.25 },
    { ...mixed, of: { 'a/kernel': { decayed: false }, 'a/bias': { decayed: true } } },
  );
  expect(weights['a/kernel']).toEqual([1]);
  expect(weights['a/bias']).toEqual([0.5]);
});

test("the learning rate is multiplied by each weight's own", async () => {
  const { weights, norms } = await applyUpdates(sgd, {
    ...mixed,
    of: { 'a/kernel': { rate: 0.5 }, 'a/bias': { rate: 0 }, 'bn/gamma': { rate: 2 } },
  });
  expect(weights).toEqual({
    'a/kernel': [1.5],
    'a/bias': [2],
    'bn/gamma': [0],
    'dw/depthwise_kernel': [1],
  });
  // Of the three that are updated.
  expect(norms[0]).toBeCloseTo(Math.sqrt(3), 6);
});

test('an update of nothing is refused', () => {
  const frozen = [{ name: 'a/kernel', shape: [1], rate: 0 }];
  expect(() => updateFragment(frozen, sgd)).toThrow(InputError);
  expect(() => updateFragment(frozen, sgd)).toThrow('Unfreeze at least one layer.');
});
