import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { withLabelNoise } from '../../src/data/noise/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { fineTune, Interrupted, type TrainEvent } from '../../src/train/index.js';
import { Judge } from '../../src/train/judge.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { checkpointOf, eventsOf, lasting, newModel, recipe, task } from './digits-run.js';
import { differing } from './run-steps.js';

const folder = temporaryFolder();
let runs = 0;
const noisy = withLabelNoise(task, 'symmetric:0.4', 2);

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A run of 30 steps (of 15 with two batches each), stopped after `stop` and resumed where one is given. */
async function run(given: Partial<RecipeInput>, stop?: number): Promise<string> {
  const out = join(folder.path, `run${runs++}`);
  const whole = { ...recipe, ...given };
  if (stop !== undefined) {
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.event === 'step' && event.step === stop) controller.abort();
    };
    const stopped = fineTune(newModel(), noisy, whole, { out, onEvent, signal: controller.signal });
    await expect(stopped).rejects.toThrow(Interrupted);
    expect(checkpointOf(out).progress.step).toBe(stop);
  }
  const { model } = await fineTune(newModel(), noisy, whole, { out, resume: stop !== undefined });
  await model.dispose();
  return out;
}

// What each keeps from step to step, besides weights and slots, and a step at which it matters.
test.each<[string, Partial<RecipeInput>, number]>([
  ["LookSAM's direction", { sam: 'looksam', samEvery: 4 }, 6],
  ["LookSAM's direction, accumulated", { sam: 'looksam', samEvery: 4, accumulate: 2 }, 7],
  ['a moving average', { ema: 0.9 }, 14],
  ['an average over epochs', { swa: 2 }, 24],
  ['a dynamic loss scale', { lossScale: 'dynamic' }, 13],
  ['layers that have thawed', { freeze: ['body'], unfreezeSchedule: ['2:dwconv', '3:all'] }, 17],
  [
    "Adam's count of updates of what has thawed",
    { optimizer: 'adam', freeze: ['body'], unfreezeSchedule: ['2:all'] },
    23,
  ],
  ['mixing that ends', { mixup: 0.4, cutmix: 1, mixOffEpochs: 1 }, 19],
  ['SAM in the last epochs', { samEpochs: 1.5 }, 14],
  ['sub-batches and sparse perturbations', { m: 5, replicas: 1, samSparsity: 0.5, ascentFraction: 0.4 }, 11],
  ['patience', { patience: 1, learningRate: 1e-9 }, 12],
])('a run that is resumed keeps %s', async (_, given, stop) => {
  const [straight, resumed] = [await run(given), await run(given, stop)];
  const [expected, found] = [checkpointOf(straight), checkpointOf(resumed)];
  for (const part of ['weights', 'optimizer'] as const)
    expect(differing(found.state[part], expected.state[part])).toEqual([]);
  expect({ ...found.progress, seconds: 0 }).toEqual({ ...expected.progress, seconds: 0 });
  expect(lasting(eventsOf(resumed))).toEqual(lasting(eventsOf(straight)));
  const [a, b] = [straight, resumed].map((out) => readFileSync(join(out, 'model', 'group1-shard1of1.bin')));
  expect(a!.equals(b!)).toBe(true);
});

/** A run that is stopped at a moment that is no step's, and resumed. */
async function stopped(given: Partial<RecipeInput>, at: (abort: () => void) => (event: TrainEvent) => void) {
  const out = join(folder.path, `run${runs++}`);
  const controller = new AbortController();
  const onEvent = at(() => controller.abort());
  const options = { out, onEvent, signal: controller.signal };
  await expect(fineTune(newModel(), noisy, { ...recipe, ...given }, options)).rejects.toThrow(Interrupted);
  vi.restoreAllMocks();
  const { model } = await fineTune(newModel(), noisy, { ...recipe, ...given }, { out, resume: true });
  await model.dispose();
  return out;
}

test.each<[string, Partial<RecipeInput>, (abort: () => void) => (event: TrainEvent) => void]>([
  [
    'while the first average over epochs is evaluated',
    { swa: 2 },
    (abort) => (event) => {
      if (event.event === 'epoch' && event.epoch === 2) abort();
    },
  ],
  [
    'while accuracy on wrong labels is measured behind mixed images',
    { mixup: 0.4 },
    (abort) => {
      const { noise } = Judge.prototype;
      let calls = 0;
      vi.spyOn(Judge.prototype, 'noise').mockImplementation(function (this: Judge, ...given) {
        calls++;
        if (calls === 2) abort();
        return noise.apply(this, given);
      });
      return () => {};
    },
  ],
])('a run that is stopped %s ends as one that was not', async (_, given, at) => {
  const [straight, resumed] = [await run(given), await stopped(given, at)];
  const [expected, found] = [checkpointOf(straight), checkpointOf(resumed)];
  expect(differing(found.state.weights, expected.state.weights)).toEqual([]);
  expect(differing(found.state.averages ?? new Map(), expected.state.averages ?? new Map())).toEqual([]);
  expect({ ...found.progress, seconds: 0 }).toEqual({ ...expected.progress, seconds: 0 });
  expect(lasting(eventsOf(resumed))).toEqual(lasting(eventsOf(straight)));
});

test('a run whose recipe leaves the decoder open is resumed with the one that it began with', async () => {
  const config = { recipe: { ...recipe, decoder: 'auto' } };
  const out = join(folder.path, `run${runs++}`);
  const controller = new AbortController();
  const onEvent = ({ event, step }: TrainEvent) => {
    if (event === 'step' && step === 3) controller.abort();
  };
  const options = { out, config, onEvent, signal: controller.signal };
  await expect(fineTune(newModel(), noisy, recipe, options)).rejects.toThrow(Interrupted);
  const { model, steps } = await fineTune(newModel(), noisy, recipe, { out, config, resume: true });
  await model.dispose();
  expect(steps).toBe(30);
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).recipe.decoder).toBe('sharp');
});
