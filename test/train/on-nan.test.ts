import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RecipeInput } from '../../src/recipe/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Diverged, fineTune, Program, type TrainEvent } from '../../src/train/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { checkpointOf, stepsOf } from './digits-run.js';
import { differing } from './run-steps.js';
import { arrayTask, smallModel } from './small-network.js';

const folder = temporaryFolder();
const task = arrayTask(48);
let runs = 0;

afterEach(() => {
  vi.restoreAllMocks();
  expect(Tensor.liveCount).toBe(0);
});

/** The gradients of these steps, from 0, are no numbers: their loss is scaled beyond what float32 holds. */
function overflowAt(isHit: (step: number) => boolean): void {
  const { step } = Program.prototype;
  vi.spyOn(Program.prototype, 'step').mockImplementation(function (this: Program, input) {
    return step.call(this, isHit(input.step) ? { ...input, lossScale: Number.POSITIVE_INFINITY } : input);
  });
}

/** Six steps an epoch, with a loss scale that a step can be told. */
async function run(given: Partial<RecipeInput>) {
  const out = join(folder.path, `run${runs++}`);
  const events: TrainEvent[] = [];
  const recipe = { batchSize: 8, epochs: 2, augment: [], learningRate: 0.05, lossScale: 1, ...given };
  const onEvent = (event: TrainEvent) => events.push(event);
  const result = await fineTune(smallModel({ seed: 1 }), task, recipe, { out, onEvent }).catch(
    (error: unknown) => error,
  );
  if (result instanceof Error) return { out, events, error: result };
  const { model, ...rest } = result as Awaited<ReturnType<typeof fineTune>>;
  await model.dispose();
  return { out, events, result: rest };
}

describe('a step whose gradient overflows', () => {
  test('is skipped with --on-nan skip: it changes nothing, is counted, and the run goes on', async () => {
    overflowAt((step) => step === 3 || step === 8);
    const { out, events, result } = await run({ onNan: 'skip' });
    expect(result).toMatchObject({ steps: 12, skipped: 2 });
    const skipped = stepsOf(events).filter((event) => event.skipped);
    expect(skipped.map(({ step }) => step)).toEqual([4, 9]);
    expect(checkpointOf(out).progress).toMatchObject({ step: 12, updates: 10, skipped: 2, skippedInARow: 0 });
    // An epoch's loss is the mean over the steps that were applied.
    const own = stepsOf(events).filter(({ epoch, skipped }) => epoch === 1 && !skipped);
    expect(own).toHaveLength(5);
    const epoch = events.find((event) => event.event === 'epoch');
    expect(epoch!.loss).toBeCloseTo(own.reduce((sum, { loss }) => sum + loss, 0) / 5, 6);
  });

  test('leaves weights, statistics and slots as they were, to the last bit', async () => {
    const before = await run({ onNan: 'skip', epochs: 1 });
    // The last epoch is skipped altogether.
    overflowAt((step) => step >= 6);
    const after = await run({ onNan: 'skip', epochs: 2, schedule: 'constant', warmupEpochs: 0 });
    vi.restoreAllMocks();
    const same = await run({ onNan: 'skip', epochs: 1, schedule: 'constant', warmupEpochs: 0 });
    const [kept, expected] = [checkpointOf(after.out).state, checkpointOf(same.out).state];
    expect(differing(kept.weights, expected.weights)).toEqual([]);
    expect(differing(kept.optimizer, expected.optimizer)).toEqual([]);
    // The comparison can tell.
    expect(differing(kept.weights, checkpointOf(before.out).state.weights)).not.toEqual([]);
  });

  test('ends the run with --on-nan stop, with a checkpoint from before it', async () => {
    overflowAt((step) => step === 3);
    const { out, events, error } = await run({ onNan: 'stop' });
    expect(error).toBeInstanceOf(Diverged);
    expect(error!.message).toMatch(/at step 4\./);
    expect(stepsOf(events)).toHaveLength(4);
    expect(checkpointOf(out).progress).toMatchObject({ step: 4, updates: 3, skipped: 1 });
  });

  test('ends it with --on-nan skip as well, where twenty in a row were skipped', async () => {
    overflowAt((step) => step >= 2);
    const { events, error } = await run({ onNan: 'skip', epochs: 5 });
    expect(error).toBeInstanceOf(Diverged);
    expect(stepsOf(events)).toHaveLength(22);
  });
});
