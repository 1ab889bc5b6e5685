import { describe, expect, test } from 'vitest';
import { METHODS, type MethodName, type SamMethod } from '../../src/sam/index.js';
import { type ProgramOptions, planOf } from '../../src/train/index.js';
import { differing } from './run-steps.js';
import { relativeDifference, runEach, runUpdates, type Updated } from './run-updates.js';
import { plain, smallModel } from './small-network.js';

/** Divides an update of 32 images; each row gives the same gradients as one branch over all of them. */
const plan = (batchSize: number, rest: Partial<Parameters<typeof planOf>[0]> = {}) =>
  planOf({ batchSize, accumulate: 32 / batchSize, m: 0, syncPerturbation: false, ...rest });

/** TensorFlow rewrites a graph before its first step, which takes twice as long here as all the rest. */
const session = { grappler: false };
// Batch statistics are of a sub-batch: only frozen ones let an update be divided without a trace.
const options: ProgramOptions = { ...plain, frozenNorms: true, augmentations: ['flip', 'crop'], session };
const model = smallModel();

const methods = Object.keys(METHODS) as MethodName[];
const everyOf = (method: MethodName) => (METHODS[method] as SamMethod).every ?? 1;
/** One method is divided as a run divides it: with the rewritten graph. */
const samOf = (method: MethodName) => ({
  sam: { method },
  samEvery: everyOf(method) === 1 ? 1 : 2,
  session: method === 'sam' ? {} : session,
});

describe('one perturbation for all images of an update: the same however they are divided, within 1e-5', () => {
  const whole = new Map<MethodName, ReturnType<typeof runUpdates>>();
  const wholeOf = (method: MethodName) => {
    if (!whole.has(method)) whole.set(method, runUpdates(model, { ...options, ...samOf(method) }));
    return whole.get(method)!;
  };

  test.each(methods)('%s: 4 batches of 8', async (method) => {
    const divided = plan(8, { syncPerturbation: true });
    expect(divided).toMatchObject({ rounds: 4, sync: true });
    const found = await runUpdates(model, { ...options, ...samOf(method), plan: divided }, { accumulate: 4 });
    const expected = await wholeOf(method);
    expect(relativeDifference(found.weights, expected.weights)).toBeLessThan(1e-5);
    found.results.forEach((result, i) => {
      const { loss, perturbedLoss, gradNorm, ascentNorm } = expected.results[i]!;
      expect(result.loss).toBeCloseTo(loss, 5);
      expect(result.gradNorm / gradNorm).toBeCloseTo(1, 4);
      if (perturbedLoss === undefined) expect(result.perturbedLoss).toBeUndefined();
      else expect(result.perturbedLoss).toBeCloseTo(perturbedLoss, 5);
      if (ascentNorm !== undefined) expect(result.ascentNorm! / ascentNorm).toBeCloseTo(1, 4);
    });
  });

  test('a random subset of the weights: 4 batches of 8 leave the same ones alone', async () => {
    const sparse = { ...options, sam: { method: 'sam', sparsity: 0.5 } } as const;
    const divided = plan(8, { syncPerturbation: true });
    const found = await runUpdates(model, { ...sparse, plan: divided }, { accumulate: 4 });
    const expected = await runUpdates(model, sparse);
    expect(relativeDifference(found.weights, expected.weights)).toBeLessThan(1e-5);
  });

  test.each([
    ['4 branches side by side', 32, { m: 8, replicas: 4 }, 1],
    ['2 branches, one pair after the other', 32, { m: 8, replicas: 2 }, 2],
    ['4 runs of one batch', 32, { m: 8, replicas: 1 }, 4],
    ['2 batches of 2 branches', 16, { m: 8, replicas: 2 }, 2],
  ] as const)('%s', async (_, batchSize, rest, rounds) => {
    const divided = plan(batchSize, { ...rest, syncPerturbation: true });
    expect(divided.rounds).toBe(rounds);
    const found = await runUpdates(
      model,
      { ...options, ...samOf('sam'), plan: divided },
      { accumulate: 32 / batchSize },
    );
    expect(relativeDifference(found.weights, (await wholeOf('sam')).weights)).toBeLessThan(1e-5);
  });

  test('and a perturbation for each sub-batch is another thing: the comparison can tell', async () => {
    const found = await runUpdates(model, { ...options, ...samOf('sam'), plan: plan(8) }, { accumulate: 4 });
    expect(relativeDifference(found.weights, (await wholeOf('sam')).weights)).toBeGreaterThan(1e-4);
  });
});

describe('a perturbation for each sub-batch of 8: the same in one run or in several, within 1e-5', () => {
  test.each(methods)('%s', async (method) => {
    const run = (batchSize: number, rest: Parameters<typeof plan>[1], extra: Partial<ProgramOptions> = {}) =>
      runUpdates(
        smallModel({ dropout: 0.3, dropConnect: 0.3 }),
        // With masks and batch statistics: both are a sub-batch's own.
        { ...options, frozenNorms: false, ...samOf(method), ...extra, plan: plan(batchSize, rest) },
        { accumulate: 32 / batchSize },
      );
    const side = await run(32, { m: 8, replicas: 4 });
    for (const [batchSize, rest] of [
      [32, { m: 8, replicas: 2 }],
      [32, { m: 8, replicas: 1 }],
      [16, { m: 8, replicas: 1 }],
      [8, {}],
    ] as const) {
      const found = await run(batchSize, rest);
      expect(relativeDifference(found.weights, side.weights), JSON.stringify(rest)).toBeLessThan(1e-5);
      expect(relativeDifference(found.slots, side.slots), JSON.stringify(rest)).toBeLessThan(1e-4);
    }
  });
});

test('predictions are of the images that the pass at w takes, in steps with an ascent and between them', async () => {
  const given = {
    ...options,
    ...samOf('sam'),
    samEvery: 2,
    ascentFraction: 0.25,
    predictions: true,
    plan: plan(32, { m: 16, replicas: 2 }),
  };
  const { results } = await runUpdates(model, given, { steps: 2 });
  const [ascended, between] = results.map(({ predictions }) => predictions!);
  expect([...ascended!.images]).toEqual([0, 1, 2, 3, 16, 17, 18, 19]);
  expect(ascended!.classes).toHaveLength(8);
  expect([...between!.images]).toEqual(Array.from({ length: 32 }, (_, i) => i));
  expect(between!.classes).toHaveLength(32);
});

describe('m', () => {
  test('equal to the batch is no m, bit for bit', async () => {
    const none = await runUpdates(model, { ...options, plan: plan(32) });
    const all = await runUpdates(model, { ...options, plan: plan(32, { m: 32 }) });
    const unplanned = await runUpdates(model, options);
    expect(differing(none.weights, all.weights)).toEqual([]);
    expect(differing(none.weights, unplanned.weights)).toEqual([]);
  });

  test.each([1, 2, 4])(
    'with rho 0 is the base optimizer, within rounding; %i side by side',
    async (replicas) => {
      const base = await runUpdates(model, {
        ...options,
        sam: undefined,
        plan: plan(32, { m: 8, replicas }),
      });
      const sam = await runUpdates(model, { ...options, plan: plan(32, { m: 8, replicas }) }, { rho: 0 });
      const whole = await runUpdates(model, { ...options, sam: undefined });
      expect(differing(sam.weights, base.weights)).toEqual([]);
      expect(relativeDifference(base.weights, whole.weights)).toBeLessThan(1e-5);
    },
  );

  test('moving statistics are means over sub-batches, whatever their number of runs', async () => {
    const own = { ...options, frozenNorms: false, sam: undefined };
    const once = await runUpdates(model, { ...own, plan: plan(32, { m: 8, replicas: 4 }) }, { steps: 1 });
    const runs = await runUpdates(model, { ...own, plan: plan(8) }, { steps: 1, accumulate: 4 });
    for (const [name, { data }] of once.weights) {
      if (!name.includes('/moving_')) continue;
      const other = runs.weights.get(name)!.data as Float32Array;
      (data as Float32Array).forEach((value, i) => {
        expect(value).toBeCloseTo(other[i]!, 5);
      });
    }
  });
});

describe('a plan', () => {
  const base = { batchSize: 32, accumulate: 1, m: 0, syncPerturbation: false };

  test('takes as many branches as there are cores, at most 4, and as fit', () => {
    const { replicas, group, rounds } = planOf({ ...base, m: 8 });
    expect([1, 2, 4]).toContain(replicas);
    expect(group).toBe(8 * replicas);
    expect(rounds).toBe(4 / replicas);
    expect(planOf({ ...base, m: 32 }).replicas).toBe(1);
  });

  test.each([
    [{ m: 5 }, /a divisor of the batch size 32 for --m, received 5\. Take one of 1, 2, 4, 8, 16, 32\./],
    [{ m: 64 }, /a divisor of the batch size 32 for --m, received 64/],
    [
      { m: 8, replicas: 3 },
      /a divisor of the 4 sub-batches of a batch for --replicas, received 3\. Take one of 1, 2, 4\./,
    ],
    [{ replicas: 2 }, /--replicas, received 2\. Sub-batches come from --m: give it as well\./],
  ])('%j is refused', (rest, message) => {
    expect(() => planOf({ ...base, ...rest })).toThrow(message);
  });
});

describe('the result does not depend on the loss scale', () => {
  test.each([
    ['in one run', plan(32), 1],
    ['in several', plan(8), 4],
    ['with one perturbation', plan(8, { syncPerturbation: true }), 4],
  ] as const)('%s', async (_, divided, accumulate) => {
    const scaled = { ...options, lossScaled: true, plan: divided };
    const scales = [1, 1024].map((lossScale) => ({ accumulate, lossScale }));
    const [one, large] = (await runEach(model, scaled, scales)) as [Updated, Updated];
    const none = await runUpdates(model, { ...options, plan: divided }, { accumulate });
    expect(relativeDifference(large.weights, one.weights)).toBeLessThan(1e-6);
    expect(relativeDifference(none.weights, one.weights)).toBeLessThan(1e-6);
    expect(large.results[0]!.gradNorm).toBeCloseTo(one.results[0]!.gradNorm, 5);
    expect(large.results[0]!.ascentNorm).toBeCloseTo(one.results[0]!.ascentNorm!, 5);
  });
});

describe('an overflow leaves everything as it was, to the last bit', () => {
  test.each([
    ['in one run', plan(32), 1],
    ['in several', plan(8), 4],
    ['with one perturbation', plan(8, { syncPerturbation: true }), 4],
  ] as const)('%s', async (_, divided, accumulate) => {
    const scaled = { ...options, frozenNorms: false, lossScaled: true, plan: divided };
    const [before, after] = (await runEach(model, scaled, [
      { accumulate, steps: 0 },
      { accumulate, steps: 2, lossScale: 3e38 },
    ])) as [Updated, Updated];
    expect(after.results.map(({ applied }) => applied)).toEqual([false, false]);
    expect(differing(before.weights, after.weights)).toEqual([]);
    expect(differing(before.slots, after.slots)).toEqual([]);
  });
});
