import { afterEach, describe, expect, test, vi } from 'vitest';
import { Graph, Tensor } from '../../src/tensorflow/index.js';
import { type ProgramOptions, planOf } from '../../src/train/index.js';
import { relativeDifference, runUpdates } from './run-updates.js';
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
    '%s: weights, statistics and slots are those of one device, within rounding',
    async (_, given, accumulate) => {
      const one = await runUpdates(model, { ...options, ...given }, { accumulate });
      const two = await runUpdates(model, { ...options, ...given, devices }, { accumulate });
      // Side by side with several threads an operation, sums may round differently from run to run.
      expect(relativeDifference(two.weights, one.weights)).toBeLessThan(1e-5);
      expect(relativeDifference(two.slots, one.slots)).toBeLessThan(1e-4);
      for (const [i, { loss, gradNorm }] of two.results.entries()) {
        expect(loss).toBeCloseTo(one.results[i]!.loss, 5);
        expect(gradNorm).toBeCloseTo(one.results[i]!.gradNorm, 4);
      }
    },
  );

  test('the same with the graph as TensorFlow rewrites it, within rounding', async () => {
    const rewritten = { ...options, plan, session: { deviceCount: { CPU: 2 } } };
    const one = await runUpdates(model, rewritten);
    const two = await runUpdates(model, { ...rewritten, devices });
    expect(relativeDifference(two.weights, one.weights)).toBeLessThan(1e-5);
  });

  test('passes, gradients and perturbation of each are on its own; means and update on the first', async () => {
    const nodes = new Map<string, string | undefined>();
    const { placed } = Graph.prototype;
    vi.spyOn(Graph.prototype, 'placed').mockImplementation(function (this: Graph, deviceOf) {
      return placed.call(this, (node) => {
        const device = deviceOf(node);
        nodes.set(node, device);
        return device;
      });
    });
    const { results } = await runUpdates(model, { ...options, plan, devices }, { steps: 1 });
    expect(results[0]!.applied).toBe(true);
    const [first, second, shared] = [...devices, undefined].map((device) =>
      [...nodes].filter(([, own]) => own === device).map(([node]) => node),
    );
    // Four sub-batches alike, two on each.
    expect(first!.length).toBe(second!.length);
    expect(first!.length).toBeGreaterThan(200);
    const typesOf = (names: readonly string[]) =>
      [...new Set(names.map((name) => name.split('/')[1]!))].toSorted();
    expect(typesOf(first!)).toEqual(typesOf(second!));
    for (const part of ['clean', 'clean_gradients', 'ascent', 'perturbed', 'perturbed_gradients'])
      expect(typesOf(first!)).toContain(part);
    expect(shared!.filter((node) => /gradients/.test(node))).toEqual([]);
    for (const part of ['weights', 'optimizer', 'mean', 'main_update', 'batch', 'inference'])
      expect(
        shared!.some((node) => node.startsWith(`${part}/`)),
        part,
      ).toBe(true);
  });
});
