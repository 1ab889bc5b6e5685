import { describe, expect, test } from 'vitest';
import type { WeightMap } from '../../src/model/index.js';
import { METHODS, type MethodName, type SamMethod, type SamOptions } from '../../src/sam/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { addonState } from '../../src/tfjs/tfjs-node.js';
import { Program, planOf } from '../../src/train/index.js';
import { relativeDifference } from '../train/run-updates.js';
import { plain, smallModel } from '../train/small-network.js';
import { BATCH, batchOf, fiveSteps, LABEL_SMOOTHING, startWeights } from './sam-methods.js';

const RHO = 0.1;
const LEARNING_RATE = 0.1;

interface Variant extends Omit<SamOptions, 'method'> {
  every?: number;
  ascentFraction?: number;
}

/** Five steps of the whole program, on the same start and images. */
async function ours(method: MethodName, { every = 1, ascentFraction = 1, ...sam }: Variant) {
  const program = Program.create(smallModel({ weights: startWeights() }), {
    ...plain,
    optimizer: 'sgd',
    momentum: 0,
    weightDecay: 0,
    labelSmoothing: LABEL_SMOOTHING,
    sam: { method, ...sam },
    samEvery: every,
    ascentFraction,
    plan: planOf({ batchSize: BATCH, accumulate: 1, m: 0, syncPerturbation: false }),
  });
  try {
    await program.start();
    for (let step = 0; step < 5; step++) {
      const { pixels, labels } = batchOf(step);
      const images = Tensor.from('uint8', pixels, [BATCH, 8, 8, 3]);
      const classes = Tensor.from('int32', labels);
      try {
        const { applied } = await program.step({
          batches: [{ images, labels: classes }],
          step,
          learningRate: LEARNING_RATE,
          rho: RHO,
        });
        expect(applied).toBe(true);
      } finally {
        images.dispose();
        classes.dispose();
      }
    }
    return await program.weights();
  } finally {
    await program.close();
  }
}

const variants: Record<string, Variant> = {
  'as published': {},
  'ascent from a quarter of the batch': { ascentFraction: 0.25 },
  'every second step': { every: 2 },
  'the ball of the inf-norm': { norm: 'inf' },
  'the ball of the 3-norm': { norm: 3 },
};

const rows = (Object.keys(METHODS) as MethodName[]).flatMap((method) =>
  Object.keys(variants).map((variant) => [method, variant] as const),
);

describe.skipIf(!addonState().built)(
  'five steps equal those of eager tfjs and a reference in float64, within 1e-5',
  () => {
    test.each(rows)('%s, %s', async (method, variant) => {
      const { every, ascentFraction, ...sam } = variants[variant]!;
      const row: SamMethod = METHODS[method];
      const options = {
        every: every ?? row.every ?? 1,
        ...sam,
        ...(ascentFraction !== undefined && { ascentFraction }),
      };
      const isPerturbed = (weight: string) => method !== 'norm-only' || /\/(gamma|beta)$/.test(weight);
      const expected = await fiveSteps({
        method,
        rho: RHO,
        learningRate: LEARNING_RATE,
        isPerturbed,
        ...options,
      });
      const found = await ours(method, options);
      const trained = new Map([...found].filter(([name]) => expected.has(name)));
      expect(relativeDifference(trained, expected)).toBeLessThan(1e-5);
      // And they did learn: the comparison is not of the start.
      expect(relativeDifference(trained, pickFrom(startWeights(), expected))).toBeGreaterThan(1e-3);
    });
  },
);

const pickFrom = (weights: WeightMap, names: WeightMap): WeightMap =>
  new Map([...weights].filter(([name]) => names.has(name)));
