import { afterEach, describe, expect, test, vi } from 'vitest';
import { Graph, Tensor } from '../../src/tensorflow/index.js';
import { type ProgramOptions, planOf } from '../../src/train/index.js';
import { differing } from './run-steps.js';
import { runUpdates } from './run-updates.js';
import { plain, smallModel } from './small-network.js';

afterEach(() => {
  vi.restoreAllMocks();
  expect(Tensor.liveCount).toBe(0);
});

// Two devices on one CPU: they compute alike, so that nothing but the place differs.
const session = { deviceCount: { CPU: 2 }, grappler: false };
const devices = ['/device:CPU:0', '/device:CPU:1'];
const model = smallModel({ dropout: 0.2, dropConnect: 0.2 });
const options: ProgramOptions = { ...plain, augmentations: ['flip', 'crop'], session };
const plan = planOf({ batchSize: 32, accumulate: 1, m: 8, replicas: 4, syncPerturbation: false });

describe('sub-batches on two devices in turns', () => {
  test.each<[string, Partial<ProgramOptions>, number]>([
    ['m-sharpness', { plan }, 1],
    ['one perturbation for all', { plan: { ...plan, sync: true } }, 1],
    [
      'accumulated',
      { plan: planOf({ batchSize: 16, accumulate: 2, m: 8, replicas: 2, syncPerturbation: false }) },
      2,
    ],
    ['LookSAM', { plan, sam: { method: 'looksam' }, samEvery: 2 }, 1],
    ['an ascent of half of each', { plan, ascentFraction: 0.5 }, 1],
    ['recomputed', { plan, recompute: true }, 1],
  ])(
    '%s: weights, statistics and slots are those of one device, bit for bit',
    async (_, given, accumulate) => {
      const one = await runUpdates(model, { ...options, ...given }, { accumulate });
      const two = await runUpdates(model, { ...options, ...given, devices }, { accumulate });
      expect(differing(two.weights, one.weights)).toEqual([]);
      expect(differing(two.slots, one.slots)).toEqual([]);
      expect(two.results).toEqual(one.results);
    },
  );

  test('passes, gradients and perturbation of each are on its own; means and update on the first', async () => {
    const placed = vi.spyOn(Graph.prototype, 'placed');
    const { results } = await runUpdates(model, { ...options, plan, devices }, { steps: 1 });
    expect(results[0]!.applied).toBe(true);
    expect(placed).toHaveBeenCalledOnce();
    const [deviceOf] = placed.mock.calls[0]!;
    for (const [branch, device] of [0, 1, 2, 3].map((i) => [i, devices[i % 2]] as const)) {
      for (const part of [
        'clean/stem_conv',
        'clean_gradients/x',
        'ascent/norm',
        'perturbed/stem_conv',
        'descent/x',
      ])
        expect(deviceOf(`branch${branch}/${part}`)).toBe(device);
    }
    for (const shared of [
      'weights/stem_conv/kernel',
      'mean/mean0',
      'main_update/done',
      'batch/images',
      'branches/x',
    ])
      expect(deviceOf(shared)).toBeUndefined();
  });
});
