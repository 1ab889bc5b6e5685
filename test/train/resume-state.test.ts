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

/** When a run is stopped: given how to stop it, what it does with the run's events. */
type Stop = (abort: () => void) => (event: TrainEvent) => void;

const atStep =
  (wanted: number): Stop =>
  (abort) =>
  ({ event, step }) => {
    if (event === 'step' && step === wanted) abort();
  };

/**
 * A run of 30 steps (of 15 with two batches each), stopped and resumed where it is told when.
 *
 * @param step that its checkpoint is of then
 */
async function run(
  given: Partial<RecipeInput>,
  stop?: Stop,
  { config = {}, step }: { config?: Record<string, unknown>; step?: number } = {},
): Promise<string> {
  const out = join(folder.path, `run${runs++}`);
  const whole = { ...recipe, ...given };
  if (stop) {
    const controller = new AbortController();
    const onEvent = stop(() => controller.abort());
    const stopped = fineTune(newModel(), noisy, whole, { out, config, onEvent, signal: controller.signal });
    await expect(stopped).rejects.toThrow(Interrupted);
    if (step !== undefined) expect(checkpointOf(out).progress.step).toBe(step);
    vi.restoreAllMocks();
  }
  const resume = stop !== undefined;
  const { model } = await fineTune(newModel(), noisy, whole, { out, config, resume });
  await model.dispose();
  return out;
}

/** That two runs have ended alike: checkpoint, events, model. */
function expectAlike(found: string, expected: string): void {
  const [a, b] = [checkpointOf(found), checkpointOf(expected)];
  for (const part of ['weights', 'optimizer', 'averages'] as const)
    expect(differing(a.state[part] ?? new Map(), b.state[part] ?? new Map())).toEqual([]);
  expect({ ...a.progress, seconds: 0 }).toEqual({ ...b.progress, seconds: 0 });
  expect(lasting(eventsOf(found))).toEqual(lasting(eventsOf(expected)));
  const [own, other] = [found, expected].map((out) =>
    readFileSync(join(out, 'model', 'group1-shard1of1.bin')),
  );
  expect(own!.equals(other!)).toBe(true);
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
])('a run that is resumed keeps %s', async (_, given, step) => {
  expectAlike(await run(given, atStep(step), { step }), await run(given));
});

test.each<[string, Partial<RecipeInput>, Stop]>([
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
])('a run that is stopped %s ends as one that was not', async (_, given, stop) => {
  expectAlike(await run(given, stop), await run(given));
});

test('a run whose recipe leaves the decoder open is resumed with the one that it began with', async () => {
  const config = { recipe: { ...recipe, decoder: 'auto' } };
  const out = await run({}, atStep(3), { config, step: 3 });
  expect(checkpointOf(out).progress.step).toBe(30);
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).recipe.decoder).toBe('sharp');
});
