import { expect, test } from 'vitest';
import { buildForward } from '../../src/model/index.js';
import { emaDecayAt } from '../../src/optimize/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { fineTune } from '../../src/train/index.js';
import { arrayTask, smallModel } from './small-network.js';

/** One step an epoch, each at the same rate: a run of three epochs begins like one of two. */
const steady: Partial<RecipeInput> = {
  batchSize: 24,
  augment: [],
  optimizer: 'momentum',
  learningRate: 0.05,
  schedule: 'constant',
  warmupEpochs: 0,
  bestMetric: 'last',
};
const task = arrayTask(24);
const model = smallModel();

/** Weights that a run keeps, by name. */
async function kept(given: Partial<RecipeInput>, start = model): Promise<Map<string, Float64Array>> {
  const result = await fineTune(start, task, { ...steady, ...given });
  const values = new Map(
    [...result.model.weights].map(([name, { data }]) => [name, Float64Array.from(data as Float32Array)]),
  );
  await result.model.dispose();
  return values;
}

const shapes = new Map(
  buildForward(model.topology, { training: true }).weights.map(({ name, shape }) => [name, shape]),
);

const isStatistic = (name: string) => name.includes('/moving_');

function expectClose(found: Map<string, Float64Array>, expected: Map<string, Float64Array>): void {
  expect(found.size).toBe(expected.size);
  for (const [name, values] of expected) {
    values.forEach((value, i) => {
      expect(found.get(name)![i], name).toBeCloseTo(value, 5);
    });
  }
}

test('stochastic weight averaging keeps the mean over the ends of the last epochs', async () => {
  const ends = [await kept({ epochs: 2 }), await kept({ epochs: 3 }), await kept({ epochs: 4 })];
  // Not even by the metric: weights from before are no rivals of averages.
  const averaged = await kept({ epochs: 4, swa: 3, bestMetric: 'loss' });
  const trained = [...ends[0]!].filter(([name]) => !isStatistic(name));
  let moved = 0;
  for (const [name, values] of trained) {
    values.forEach((_, i) => {
      const all = ends.map((end) => end.get(name)![i]!);
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      moved = Math.max(moved, Math.abs(mean - all.at(-1)!));
      // Which of the three means so far was best is the metric's to say.
      const soFar = [1, 2, 3].map((count) => all.slice(0, count).reduce((a, b) => a + b, 0) / count);
      expect(Math.min(...soFar.map((value) => Math.abs(averaged.get(name)![i]! - value)))).toBeLessThan(1e-5);
    });
  }
  expect(moved).toBeGreaterThan(1e-3);
  const last = await kept({ epochs: 4, swa: 3 });
  expectClose(
    new Map([...last].filter(([name]) => !isStatistic(name))),
    new Map(
      trained.map(([name, values]) => [
        name,
        values.map((_, i) => ends.reduce((sum, end) => sum + end.get(name)![i]!, 0) / ends.length),
      ]),
    ),
  );
});

test('a run with averages does not stop before there are any', async () => {
  const events: string[] = [];
  const { model: tuned, steps } = await fineTune(
    model,
    task,
    { ...steady, epochs: 8, swa: 2, patience: 1, learningRate: 1e-9 },
    { onEvent: ({ event }) => events.push(event) },
  );
  await tuned.dispose();
  expect(steps).toBe(8);
  expect(events.filter((event) => event === 'stopped').length).toBeLessThanOrEqual(1);
});

test('the exponential moving average is that of its recursion', async () => {
  const start = await kept({ epochs: 1, learningRate: 1e-30 });
  const average = new Map([...start].filter(([name]) => !isStatistic(name)));
  const steps = 4;
  for (let step = 0; step < steps; step++) {
    const now = await kept({ epochs: step + 1 });
    const decay = emaDecayAt(step, 0.9);
    for (const [name, values] of average)
      average.set(
        name,
        values.map((value, i) => decay * value + (1 - decay) * now.get(name)![i]!),
      );
  }
  const found = await kept({ epochs: steps, ema: 0.9 });
  expectClose(new Map([...found].filter(([name]) => !isStatistic(name))), average);
  const plain = await kept({ epochs: steps });
  expect(
    Math.max(
      ...[...plain].map(([name, values]) =>
        isStatistic(name) ? 0 : Math.max(...values.map((value, i) => Math.abs(value - found.get(name)![i]!))),
      ),
    ),
  ).toBeGreaterThan(1e-3);
});

test('re-estimated statistics are those of the images at the weights that are kept', async () => {
  // All images are one batch, and with a momentum of 0 the moving statistics of a step are those of its batch. A further
  // step at no rate measures the weights that came before it.
  const measured = await kept({ epochs: 1, bn: 're-estimate', learningRate: 1e-30 });
  const followed = await kept({ epochs: 1, bnMomentum: 0, learningRate: 1e-30 });
  const statistics = (of: Map<string, Float64Array>) =>
    new Map([...of].filter(([name]) => isStatistic(name)));
  expect(statistics(measured).size).toBe(4);
  expectClose(statistics(measured), statistics(followed));
  const stale = statistics(await kept({ epochs: 1, learningRate: 1e-30 }));
  expect(
    [...stale].some(([name, values]) =>
      values.some((value, i) => Math.abs(value - measured.get(name)![i]!) > 1e-2),
    ),
  ).toBe(true);
});

test('statistics beside averages of the weights are those of the images at the averages', async () => {
  const found = await kept({ epochs: 4, swa: 3 });
  const weights = new Map(
    [...found].map(([name, values]) => [
      name,
      { dtype: 'float32', shape: shapes.get(name)!, data: Float32Array.from(values) } as const,
    ]),
  );
  // A step at no rate with a momentum of 0: the statistics of the only batch at the averages.
  const at = (start: Map<string, Float64Array>) => [...start].filter(([name]) => isStatistic(name));
  const measured = await kept({ epochs: 1, bnMomentum: 0, learningRate: 1e-30 }, smallModel({ weights }));
  expectClose(new Map(at(found)), new Map(at(measured)));
  // Those at the weights of the last step are others.
  const last = await kept({ epochs: 4, bn: 're-estimate' });
  expect(
    at(last).some(([name, values]) =>
      values.some((value, i) => Math.abs(value - found.get(name)![i]!) > 1e-3),
    ),
  ).toBe(true);
});
