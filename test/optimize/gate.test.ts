import { afterEach, describe, expect, test } from 'vitest';
import { OPTIMIZERS, type OptimizerName, type UpdateOptions } from '../../src/optimize/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { applyUpdates, type Updates } from './apply-update.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const NAMES = Object.keys(OPTIMIZERS) as OptimizerName[];

const start = {
  'a/kernel': [1, -2, 3, -4],
  'b/kernel': [0.5, 0.25],
  'a/bias': [0.1, 0.2],
  'bn/gamma': [1, 1],
};
const fine = {
  'a/kernel': [0.5, 1, -1, 2],
  'b/kernel': [1, -1],
  'a/bias': [-1, 0.3],
  'bn/gamma': [0.1, 0.2],
};
const of: Updates['of'] = { 'a/kernel': { shape: [2, 2] }, 'b/kernel': { rate: 0.5 } };
const withBad = (name: keyof typeof fine, value: number) => ({
  ...fine,
  [name]: fine[name].map(() => value),
});

/** Everything that could be written goes through each of these. */
const everything: Omit<UpdateOptions, 'optimizer'>[] = [
  { momentum: 0.9, weightDecay: 0.1, decayMode: 'coupled', clipNorm: 1 },
  { momentum: 0.9, weightDecay: 0.1, decayMode: 'decoupled', clipAdaptive: 0.01 },
];

describe.each(NAMES)('%s', (optimizer) => {
  test.each(everything)('a gradient that is not finite leaves all bits: %o', async (given) => {
    const options = { optimizer, ...given };
    const before = await applyUpdates(options, { weights: start, of, gradients: [fine], learningRate: 0.1 });
    const after = await applyUpdates(options, {
      weights: start,
      of,
      gradients: [
        fine,
        withBad('a/bias', Number.NaN),
        withBad('a/kernel', Number.POSITIVE_INFINITY),
        // The square of it is more than a float32 holds.
        withBad('b/kernel', 1e30),
        fine,
      ],
      learningRate: 0.1,
      proceed: [true, true, true, true, false],
    });
    expect(after.applied).toEqual([true, false, false, false, false]);
    expect(after.weights).toEqual(before.weights);
    expect(after.slots).toEqual(before.slots);
    expect(after.norms[1]).toBeNaN();
    expect(after.norms[2]).toBe(Number.POSITIVE_INFINITY);
    expect(after.norms[4]).toBe(after.norms[0]);
  });

  test.each(everything)('it goes on afterwards: %o', async (given) => {
    const options = { optimizer, ...given };
    const updates = { weights: start, of, learningRate: 0.1 };
    // A count of updates that goes on would make a difference to Adam: the third update is the third here too.
    const plain = await applyUpdates(options, {
      ...updates,
      gradients: [fine, fine, fine],
      proceed: [true, false, true],
    });
    const bad = await applyUpdates(options, {
      ...updates,
      gradients: [fine, withBad('bn/gamma', Number.NaN), fine],
    });
    expect(bad.applied).toEqual([true, false, true]);
    expect(bad.weights).toEqual(plain.weights);
    expect(bad.slots).toEqual(plain.slots);
    expect(bad.weights['a/kernel']).not.toEqual(start['a/kernel']);
  });
});
