import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { evaluate } from '../../src/evaluate/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { fineTune, Interrupted, type TrainEvent } from '../../src/train/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { checkpointOf, digits, eventsOf, lasting, newModel, recipe, stepsOf, task } from './digits-run.js';
import { differing } from './run-steps.js';
import { smallModel } from './small-network.js';

const folder = temporaryFolder();
let runs = 0;
const newFolder = () => join(folder.path, `run${runs++}`);

afterEach(() => expect(Tensor.liveCount).toBe(0));

async function whole(recipeOfRun: Partial<RecipeInput> = recipe): Promise<string> {
  const out = newFolder();
  await fineTune(newModel(), task, recipeOfRun, { out });
  return out;
}

/** A run that is stopped after each of `stops`, and resumed. */
async function interrupted(stops: readonly number[]): Promise<string> {
  const out = newFolder();
  for (const [i, stop] of stops.entries()) {
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.event === 'step' && event.step === stop) controller.abort();
    };
    const run = fineTune(newModel(), task, recipe, {
      out,
      resume: i > 0,
      onEvent,
      signal: controller.signal,
    });
    await expect(run).rejects.toThrow(Interrupted);
    await expect(run).rejects.toThrow(`Stopped after step ${stop}. Go on with --resume --out ${out}.`);
    expect(checkpointOf(out).progress.step).toBe(stop);
  }
  await fineTune(newModel(), task, recipe, { out, resume: true });
  return out;
}

describe('a run that is stopped and resumed', () => {
  let straight: string;

  test('is what one seed gives whenever it runs', async () => {
    straight = await whole();
    const again = await whole();
    const [a, b] = [checkpointOf(straight).state, checkpointOf(again).state];
    expect(a.weights.size).toBe(12);
    expect(a.optimizer.size).toBe(8);
    expect(differing(a.weights, b.weights)).toEqual([]);
    expect(differing(a.optimizer, b.optimizer)).toEqual([]);
    const other = checkpointOf(await whole({ ...recipe, seed: 4 })).state;
    // Only the classifier's slots could be equal, and are not.
    expect(differing(a.weights, other.weights)).toHaveLength(12);
    expect(differing(a.optimizer, other.optimizer)).toHaveLength(8);
  });

  test.each([
    ['in the middle of an epoch', [7]],
    ['at the end of an epoch, in the next, and at the very end', [10, 13, 30]],
  ])('%s, equals one that was not, bit for bit', async (_name, stops) => {
    const out = await interrupted(stops);
    const [expected, found] = [checkpointOf(straight), checkpointOf(out)];
    expect(differing(found.state.weights, expected.state.weights)).toEqual([]);
    expect(differing(found.state.optimizer, expected.state.optimizer)).toEqual([]);
    expect({ ...found.progress, seconds: 0 }).toEqual({ ...expected.progress, seconds: 0 });
    const events = eventsOf(out);
    expect(stepsOf(events).map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(lasting(events)).toEqual(lasting(eventsOf(straight)));
    const modelOf = (run: string) => readFileSync(join(run, 'model', 'group1-shard1of1.bin'));
    expect(modelOf(out).equals(modelOf(straight))).toBe(true);
  });

  test('while it evaluates, evaluates again and equals one that was not', async () => {
    const out = newFolder();
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.event === 'epoch' && event.epoch === 2) controller.abort();
    };
    const run = fineTune(newModel(), task, recipe, { out, onEvent, signal: controller.signal });
    await expect(run).rejects.toThrow(Interrupted);
    expect(eventsOf(out).at(-1)).toMatchObject({ event: 'epoch', epoch: 2 });
    expect(checkpointOf(out).progress).toMatchObject({ step: 20, epoch: 1, stepInEpoch: 10 });
    await fineTune(newModel(), task, recipe, { out, resume: true });
    expect(lasting(eventsOf(out))).toEqual(lasting(eventsOf(straight)));
    const [expected, found] = [checkpointOf(straight).state, checkpointOf(out).state];
    expect(differing(found.weights, expected.weights)).toEqual([]);
  });

  test.each<[string, (event: TrainEvent) => boolean]>([
    ['a step', ({ event, step }) => event === 'step' && step === 14],
    ['an evaluation', ({ event, step }) => event === 'evaluate' && step === 20],
  ])(
    'after a crash at %s: what was logged after the last checkpoint is taken back',
    async (_name, crashes) => {
      const out = newFolder();
      const onEvent = (event: TrainEvent) => {
        if (crashes(event)) throw new Error('crash');
      };
      await expect(fineTune(newModel(), task, recipe, { out, onEvent })).rejects.toThrow('crash');
      const last = eventsOf(out).at(-1)!;
      expect(crashes(last)).toBe(true);
      expect(checkpointOf(out).progress.step).toBe(10);
      // The last line may be half written.
      appendFileSync(join(out, 'metrics.jsonl'), '{"event":"step","step":');
      await fineTune(newModel(), task, recipe, { out, resume: true });
      expect(lasting(eventsOf(out))).toEqual(lasting(eventsOf(straight)));
      const [expected, found] = [checkpointOf(straight).state, checkpointOf(out).state];
      expect(differing(found.weights, expected.weights)).toEqual([]);
      expect(differing(found.optimizer, expected.optimizer)).toEqual([]);
    },
  );

  test('after its end: gives the best model again and trains nothing', async () => {
    const before = readFileSync(join(straight, 'metrics.jsonl'), 'utf8');
    const events: TrainEvent[] = [];
    const result = await fineTune(newModel(), task, recipe, {
      out: straight,
      resume: true,
      onEvent: (event) => events.push(event),
    });
    expect(events).toEqual([]);
    expect(result.steps).toBe(30);
    expect(result.top1).toBe(checkpointOf(straight).progress.best!.top1);
    expect((await evaluate(result.model, task)).top1).toBeCloseTo(result.top1, 10);
    await result.model.dispose();
    expect(readFileSync(join(straight, 'metrics.jsonl'), 'utf8')).toBe(before);
  });

  test('with another recipe, network or data is refused, and stays as it was', async () => {
    const out = newFolder();
    const onEvent = ({ step }: TrainEvent) => {
      if (step === 12) throw new Error('crash');
    };
    await expect(fineTune(newModel(), task, recipe, { out, onEvent })).rejects.toThrow('crash');
    const before = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
    const options = { out, resume: true };
    const otherNetwork = Object.assign(smallModel({ classes: 10 }), { labels: digits.classes });
    const attempts = [
      () => fineTune(newModel(), task, { ...recipe, rho: 0.1 }, options),
      () => fineTune(newModel(), { ...task, fingerprint: 'other' }, recipe, options),
      () => fineTune(otherNetwork, task, recipe, options),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((reason) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(
        `The run in ${out} was started with another recipe or other data`,
      );
    }
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe(before);
  });

  test('with another number of workers goes on: it changes nothing', async () => {
    const result = await fineTune(
      newModel(),
      task,
      { ...recipe, workers: 1 },
      { out: straight, resume: true },
    );
    expect(result.steps).toBe(30);
  });
});
