import { afterEach, describe, expect, test } from 'vitest';
import { Variables } from '../../src/model/index.js';
import { initializer } from '../../src/model/initializers.js';
import { isDecayed, STATISTICS, statisticsFragment } from '../../src/optimize/index.js';
import { Fragment, Graph, Session, Tensor } from '../../src/tensorflow/index.js';
import { applyUpdates, type Updates } from './apply-update.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** Each number within float32 rounding of another. */
function expectClose(found: Record<string, number[]>, expected: Record<string, number[]>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(found[name]).toHaveLength(values.length);
    values.forEach((value, i) => {
      expect(found[name]![i], `${name}[${i}]`).toBeCloseTo(value, 5);
    });
  }
}

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

/** AdamW in plain numbers, from arXiv 1412.6980 (section 2, its last remark) and arXiv 1711.05101. */
function adamw({ weights, gradients, learningRate }: Updates, weightDecay: number): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, start]) => [
      name,
      start.map((value, i) => {
        let [w, m, v] = [value, 0, 0];
        gradients.forEach((gradient, index) => {
          const g = gradient[name]![i]!;
          const t = index + 1;
          m = 0.9 * m + 0.1 * g;
          v = 0.999 * v + 0.001 * g * g;
          if (name.endsWith('kernel')) w -= learningRate * weightDecay * w;
          w -= ((learningRate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)) * (m / (Math.sqrt(v) + 1e-8));
        });
        return w;
      }),
    ]),
  );
}

describe('adamw', () => {
  const updates: Updates = {
    weights: { 'a/kernel': [1, -2], 'a/bias': [3, 0.5] },
    gradients: [
      { 'a/kernel': [0.5, 1], 'a/bias': [-2, 0.01] },
      { 'a/kernel': [-1, 2], 'a/bias': [0.3, 0.02] },
      { 'a/kernel': [0.2, 0], 'a/bias': [1, -0.5] },
    ],
    learningRate: 0.1,
  };

  test.each([0, 0.5])('three updates equal the equations, decay %s', async (weightDecay) => {
    const found = await applyUpdates({ optimizer: 'adamw', momentum: 0.9, weightDecay }, updates);
    expectClose(found.weights, adamw(updates, weightDecay));
    expect(Object.keys(found.slots).sort()).toEqual(['a/bias/m', 'a/bias/v', 'a/kernel/m', 'a/kernel/v']);
  });

  test('decay stays out of its moments, as decoupled decay does', async () => {
    const slotsOf = async (weightDecay: number) =>
      (await applyUpdates({ optimizer: 'adamw', momentum: 0.9, weightDecay }, updates)).slots;
    expect(await slotsOf(0.5)).toEqual(await slotsOf(0));
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

  test.each([
    ['predictions/kernel', true],
    ['block1a_dwconv/depthwise_kernel', true],
    ['separable/pointwise_kernel', true],
    ['predictions/bias', false],
    ['stem_bn/gamma', false],
    ['stem_bn/beta', false],
    ['kernel_conv/bias', false],
  ])('%s: %s', (name, decayed) => expect(isDecayed(name)).toBe(decayed));

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

describe('clipping', () => {
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

test('statistics move by their own momentum towards the batch', async () => {
  const graph = new Graph();
  const names = ['mean', 'variance'];
  const specs = names.map((name) => ({ name, shape: [2], initializer: initializer('ones', 'ones') }));
  const variables = new Variables(graph, specs, { scope: 'v' });
  const batch = new Fragment();
  batch.constant(Float32Array.of(3, 5));
  graph.import(batch, 'batch');
  const bindings = names.flatMap((name, i) => [
    [STATISTICS.moving(i), variables.handle(name)],
    [STATISTICS.read(i), variables.read(name)],
    [STATISTICS.batch(i), 'batch/Const'],
  ]);
  graph.import(statisticsFragment([0.9, 0.5]), 'statistics', Object.fromEntries(bindings));
  const session = new Session(graph);
  await variables.start(session, new Map(), { seed: 0 });
  await session.run([], [], [`statistics/${STATISTICS.done}`]);
  const found = await variables.values(session);
  await session.close();
  graph.dispose();
  expectClose(
    Object.fromEntries([...found].map(([name, { data }]) => [name, Array.from(data as Float32Array)])),
    { mean: [0.9 + 0.3, 0.9 + 0.5], variance: [2, 3] },
  );
});
