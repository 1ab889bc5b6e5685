import { expect, test } from 'vitest';
import type { RecipeInput } from '../../src/recipe/index.js';
import { fineTune } from '../../src/train/index.js';
import { arrayTask, smallModel } from './small-network.js';

const RATE = 0.01;

/** One step an epoch at a steady rate, without what would change a weight besides the optimizer. */
const steady: Partial<RecipeInput> = {
  batchSize: 24,
  augment: [],
  sam: 'none',
  learningRate: RATE,
  weightDecay: 0,
  schedule: 'constant',
  warmupEpochs: 0,
  bestMetric: 'last',
  freeze: ['body'],
};
const model = smallModel();

async function kernelAfter(given: Partial<RecipeInput>): Promise<Float64Array> {
  const result = await fineTune(model, arrayTask(24), { ...steady, ...given });
  const kernel = Float64Array.from(result.model.weights.get('stem_conv/kernel')!.data as Float32Array);
  await result.model.dispose();
  return kernel;
}

// The first step of Adam is learningRate g / |g|, whatever the size of the gradient. Counted by the updates of the run, a
// weight that thaws at the 7th would move by 0.43 of that.
test.each(['adam', 'adamw'] as const)(
  '%s: the first step of a thawed weight is a first step',
  async (optimizer) => {
    const before = await kernelAfter({ optimizer, epochs: 6 });
    const after = await kernelAfter({ optimizer, epochs: 7, unfreezeSchedule: ['7:all'] });
    const moves = Array.from(after, (value, i) => Math.abs(value - before[i]!) / RATE).sort((a, b) => a - b);
    expect(moves[Math.floor(moves.length / 2)]).toBeCloseTo(1, 2);
    // And the second is the second: a steady gradient goes on moving a weight by the same.
    const next = await kernelAfter({ optimizer, epochs: 8, unfreezeSchedule: ['7:all'] });
    const further = Array.from(next, (value, i) => Math.abs(value - after[i]!) / RATE);
    expect(Math.max(...further)).toBeLessThan(1.5);
  },
);
