import { afterEach, expect, test } from 'vitest';
import { lars } from '../../src/optimize/optimizers/lars.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { differing, runSteps } from './run-steps.js';
import { plain, smallModel } from './small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const isHead = (name: string) => name.startsWith('predictions/');

test('LARS updates biases, normalization and head as momentum does at its share of the rate, kernels by their ratio', async () => {
  const model = smallModel();
  const options = { ...plain, isHead, weightDecay: 0 };
  const once = { rho: 0.05, steps: 1 };
  const adapted = await runSteps(model, { ...options, optimizer: 'lars' }, { ...once, learningRate: 1 });
  const rate = lars.unadaptedRate!;
  expect(rate).toBe(0.03);
  const momentum = await runSteps(
    model,
    { ...options, optimizer: 'momentum' },
    { ...once, learningRate: rate },
  );
  const trained = [...adapted.weights.keys()].filter((name) => !name.includes('/moving_'));
  expect(trained).toHaveLength(8);
  expect(differing(adapted.weights, momentum.weights).toSorted()).toEqual([
    'dwconv/depthwise_kernel',
    'stem_conv/kernel',
  ]);
});

test('LAMB adapts kernels alone: the rest is Adam at the same rate', async () => {
  const model = smallModel();
  const options = { ...plain, isHead, weightDecay: 0, epsilon: 1e-6 };
  const once = { rho: 0.05, steps: 1, learningRate: 0.01 };
  const adapted = await runSteps(model, { ...options, optimizer: 'lamb' }, once);
  const adam = await runSteps(model, { ...options, optimizer: 'adam' }, once);
  const moved = (name: string) => {
    const [a, b] = [adapted, adam].map(({ weights }) => weights.get(name)!.data as Float32Array);
    return Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
  };
  for (const name of ['stem_bn/gamma', 'stem_bn/beta', 'predictions/kernel', 'predictions/bias'])
    expect(moved(name), name).toBeLessThan(1e-5);
  for (const name of ['stem_conv/kernel', 'dwconv/depthwise_kernel'])
    expect(moved(name), name).toBeGreaterThan(1e-4);
});

test('adaptive clipping leaves the head out', async () => {
  const model = smallModel();
  const once = { rho: 0.05, steps: 1 };
  const options = { ...plain, isHead, optimizer: 'sgd', weightDecay: 0 } as const;
  const clipped = await runSteps(model, { ...options, clipAdaptive: 1e-4 }, once);
  const free = await runSteps(model, options, once);
  const changed = differing(clipped.weights, free.weights);
  expect(changed.filter(isHead)).toEqual([]);
  expect(changed).toContain('stem_conv/kernel');
});

test('weight decay takes in biases and normalization where all decay: an update is lambda w longer', async () => {
  const model = smallModel();
  const once = { rho: 0.05, steps: 1, learningRate: 0.1 };
  const options = { ...plain, optimizer: 'sgd', weightDecay: 0.5 } as const;
  const kernels = await runSteps(model, options, once);
  const all = await runSteps(model, { ...options, decayAll: true }, once);
  // Gammas start at 1; betas and the bias at 0, where there is nothing to shrink.
  expect(differing(all.weights, kernels.weights).toSorted()).toEqual(['dw_bn/gamma', 'stem_bn/gamma']);
  for (const name of ['dw_bn/gamma', 'stem_bn/gamma']) {
    const [longer, plainer] = [all, kernels].map(({ weights }) => weights.get(name)!.data as Float32Array);
    for (const [i, value] of longer!.entries()) expect(value).toBeCloseTo(plainer![i]! - 0.05, 6);
  }
});
