import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { DECAY_MODES, OPTIMIZERS, type OptimizerName, slotsOf } from '../../src/optimize/index.js';
import { sizeOf, Tensor } from '../../src/tensorflow/index.js';
import { applyUpdates, type Updates, type Values } from './apply-update.js';
import { expectClose } from './expect-close.js';
import { reference } from './reference.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const NAMES = Object.keys(OPTIMIZERS) as OptimizerName[];

const SHAPES = {
  'stem_conv/kernel': [2, 2, 2, 3],
  'block_dwconv/depthwise_kernel': [2, 2, 2, 1],
  'stem_bn/gamma': [3],
  'predictions/bias': [3],
  'frozen/kernel': [2, 2],
  'scale/scale': [],
} satisfies Record<string, number[]>;

/** Spread over -1 to 1, without a pattern that an error could hide in. */
const wave = (seed: number, index: number) => Math.sin(12.9898 * seed + 78.233 * (index + 1));
const tensors = (seed: number, of: (value: number) => number): Values =>
  Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape], position) => [
      name,
      Array.from({ length: sizeOf(shape) }, (_, i) => of(wave(seed + 10 * position, i))),
    ]),
  );

/** Five updates of every kind of weight, with rates of 0, 0.5 and 1 times a learning rate that changes. */
const updates: Updates = {
  weights: tensors(1, (value) => Math.sign(value) * (0.3 + Math.abs(value))),
  of: Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => {
      const rate = { 'stem_conv/kernel': 0.5, 'predictions/bias': 0.5, 'frozen/kernel': 0 }[name];
      return [name, { shape, rate }];
    }),
  ),
  gradients: [2, 3, 4, 5, 6].map((seed) => tensors(seed, (value) => value)),
  learningRate: [0.01, 0.05, 0.1, 0.05, 0.02],
};

describe.each(NAMES)('%s: five updates equal its equations', (optimizer) => {
  test.each([
    { weightDecay: 0 },
    ...DECAY_MODES.map((decayMode) => ({ weightDecay: 0.2, decayMode })),
    { weightDecay: 0.2 },
    { weightDecay: 0.2, momentum: 0, beta2: 0.7, epsilon: 0.05 },
  ])('%o', async (given) => {
    const options = { optimizer, momentum: 0.9, ...given };
    const found = await applyUpdates(options, updates);
    const expected = reference(options, updates);
    expectClose(found.weights, expected.weights);
    // TensorFlow's Adam takes 1 - beta2 of the float32 nearest to 0.999, which is 1.3e-5 off; it cancels in the step.
    expectClose(found.slots, expected.slots, 2e-5);
    expect(found.applied).toEqual(Array(5).fill(true));
  });

  test('a rate of 0 leaves the weight and its state alone', async () => {
    const { weights, slots } = await applyUpdates({ optimizer, momentum: 0.9, weightDecay: 0.2 }, updates);
    expect(weights['frozen/kernel']).toEqual(updates.weights['frozen/kernel']!.map(Math.fround));
    for (const { name, start } of slotsOf(optimizer)) {
      expect(slots[`frozen/kernel/${name}`]).toEqual(Array(4).fill(start === 'ones' ? 1 : 0));
    }
  });

  test('decay moves kernels, and nothing else', async () => {
    const decayed = await applyUpdates({ optimizer, momentum: 0.9, weightDecay: 0.2 }, updates);
    const plain = await applyUpdates({ optimizer, momentum: 0.9, weightDecay: 0 }, updates);
    const moved = Object.keys(SHAPES).filter(
      (name) => String(decayed.weights[name]) !== String(plain.weights[name]),
    );
    expect(moved).toEqual(['stem_conv/kernel', 'block_dwconv/depthwise_kernel']);
  });
});

test('every slot has a start, and a table row says what it is', () => {
  for (const name of NAMES) {
    expect(OPTIMIZERS[name].title).not.toBe('');
    for (const slot of slotsOf(name)) expect(['zeros', 'ones']).toContain(slot.start);
  }
  expect(slotsOf('rmsprop')).toEqual([
    { name: 'rms', start: 'ones' },
    { name: 'momentum', start: 'zeros' },
  ]);
});

describe('decay that is decoupled stays out of the state', () => {
  test.each(NAMES.filter((name) => slotsOf(name).length > 0))('%s', async (optimizer) => {
    const options = { optimizer, momentum: 0.9, decayMode: 'decoupled' } as const;
    const once = { ...updates, gradients: updates.gradients.slice(0, 1) };
    const decayed = await applyUpdates({ ...options, weightDecay: 0.5 }, once);
    const plain = await applyUpdates({ ...options, weightDecay: 0 }, once);
    expect(decayed.slots).toEqual(plain.slots);
    const coupled = await applyUpdates({ ...options, decayMode: 'coupled', weightDecay: 0.5 }, once);
    expect(coupled.slots).not.toEqual(plain.slots);
  });
});

describe('trust ratios of lars and lamb', () => {
  const zero: Updates = {
    weights: { 'a/kernel': [0, 0], 'b/kernel': [3, 4] },
    gradients: [{ 'a/kernel': [0.6, 0.8], 'b/kernel': [0, 0] }],
    learningRate: 0.5,
  };

  test('a weight of zero takes a step of its own size, and a gradient of zero none', async () => {
    const lars = await applyUpdates({ optimizer: 'lars', momentum: 0.9, weightDecay: 0 }, zero);
    expectClose(lars.weights, { 'a/kernel': [-0.3, -0.4], 'b/kernel': [3, 4] });
    const lamb = await applyUpdates({ optimizer: 'lamb', momentum: 0.9, weightDecay: 0 }, zero);
    expectClose(lamb.weights, { 'a/kernel': [-0.5, -0.5], 'b/kernel': [3, 4] });
  });

  test.each(['lars', 'lamb'] as const)(
    '%s: no ratio for a kernel that is not to be adapted',
    async (optimizer) => {
      const one: Updates = {
        weights: { 'a/kernel': [3, 4], 'a/bias': [3, 4] },
        of: { 'a/kernel': { adapted: false } },
        gradients: [{ 'a/kernel': [0.6, 0.8], 'a/bias': [0.6, 0.8] }],
        learningRate: 0.1,
      };
      const { weights } = await applyUpdates({ optimizer, momentum: 0.9, weightDecay: 0 }, one);
      expect(weights['a/kernel']).toEqual(weights['a/bias']);
      const adapted = await applyUpdates({ optimizer, momentum: 0.9, weightDecay: 0 }, { ...one, of: {} });
      expect(adapted.weights['a/kernel']).not.toEqual(weights['a/kernel']);
    },
  );
});

/** Values by other programs: see optimizers.py beside it. */
const stored = JSON.parse(readFileSync(new URL('optimizers.json', import.meta.url), 'utf8')) as {
  shapes: Record<string, number[]>;
  weights: Values;
  gradients: Values[];
  learningRate: number;
  weightDecay: number;
  cases: { program: string; optimizer: OptimizerName; weights: Values }[];
};

describe('five updates equal other programs', () => {
  test.each(stored.cases.map((each) => [each.program, each] as const))(
    '%s',
    async (_, { optimizer, weights }) => {
      const { weightDecay, ...rest } = stored;
      const of = Object.fromEntries(Object.entries(stored.shapes).map(([name, shape]) => [name, { shape }]));
      const found = await applyUpdates({ optimizer, momentum: 0.9, weightDecay }, { ...rest, of });
      expectClose(found.weights, weights);
    },
  );

  test('each optimizer is among them', () => {
    expect(new Set(stored.cases.map(({ optimizer }) => optimizer))).toEqual(new Set(NAMES));
  });
});
