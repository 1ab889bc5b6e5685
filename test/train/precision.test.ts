import { describe, expect, test } from 'vitest';
import { PRECISIONS } from '../../src/tensorflow/index.js';
import { type ProgramOptions, planOf } from '../../src/train/index.js';
import { differing } from './run-steps.js';
import { relativeDifference, runEach, runUpdates } from './run-updates.js';
import { plain, smallModel } from './small-network.js';

// CPUs compute mixed-float16 in float32, as TensorFlow's rewriter decides; mixed-bfloat16 those with AVX-512 do compute so.
describe.each(PRECISIONS)('SAM in %s', (precision) => {
  const model = smallModel();
  const options: ProgramOptions = {
    ...plain,
    frozenNorms: true,
    session: { precision },
    lossScaled: precision !== 'float32',
  };
  const settings = [
    ['one batch', { batchSize: 32, accumulate: 1 }],
    ['accumulated', { batchSize: 8, accumulate: 4 }],
    ['accumulated, with one perturbation', { batchSize: 8, accumulate: 4, syncPerturbation: true }],
    ['side by side', { batchSize: 32, accumulate: 1, m: 8, replicas: 4 }],
  ] as const;
  const planned = (given: (typeof settings)[number][1]) => ({
    plan: planOf({ m: 0, syncPerturbation: false, ...given }),
    accumulate: given.accumulate,
  });

  test.each(settings)('rho 0 is the base optimizer, bit for bit: %s', async (_, given) => {
    const { plan, accumulate } = planned(given);
    const sam = await runUpdates(model, { ...options, plan }, { accumulate, rho: 0 });
    const base = await runUpdates(model, { ...options, sam: undefined, plan }, { accumulate });
    expect(differing(sam.weights, base.weights)).toEqual([]);
    expect(differing(sam.slots, base.slots)).toEqual([]);
  });

  test.each(settings)('the result does not depend on the loss scale: %s', async (_, given) => {
    const { plan, accumulate } = planned(given);
    const scaled = { ...options, lossScaled: true, plan };
    const scales = [1, 2 ** 15].map((lossScale) => ({ accumulate, lossScale }));
    const [one, large] = await runEach(model, scaled, scales);
    expect(relativeDifference(large!.weights, one!.weights)).toBeLessThan(1e-6);
  });

  test('m equal to the batch is no m, bit for bit', async () => {
    const all = await runUpdates(model, { ...options, ...planned({ batchSize: 32, accumulate: 1 }) });
    const m = planOf({ batchSize: 32, accumulate: 1, m: 32, syncPerturbation: false });
    const same = await runUpdates(model, { ...options, plan: m });
    expect(differing(all.weights, same.weights)).toEqual([]);
  });

  test('losses are those of float32, within the precision', async () => {
    const single = await runUpdates(model, { ...options, session: {} });
    const found = await runUpdates(model, options);
    found.results.forEach(({ loss, perturbedLoss, applied }, i) => {
      expect(applied).toBe(true);
      expect(loss / single.results[i]!.loss).toBeCloseTo(1, 2);
      expect(perturbedLoss! / single.results[i]!.perturbedLoss!).toBeCloseTo(1, 2);
    });
  });

  test('recomputing activations changes nothing but rounding', async () => {
    const kept = await runUpdates(model, options);
    const again = await runUpdates(model, { ...options, recompute: true });
    expect(relativeDifference(again.weights, kept.weights)).toBeLessThan(
      precision === 'float32' ? 1e-5 : 1e-2,
    );
  });
});

test('bfloat16 does round where the CPU has it, so that these checks are of something', async ({ skip }) => {
  const options = { ...plain, lossScaled: true, frozenNorms: true };
  const single = await runUpdates(smallModel(), options);
  const half = await runUpdates(smallModel(), { ...options, session: { precision: 'mixed-bfloat16' } });
  skip(differing(half.weights, single.weights).length === 0, 'this CPU has no bfloat16');
  expect(relativeDifference(half.weights, single.weights)).toBeGreaterThan(1e-4);
});
