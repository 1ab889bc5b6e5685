import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { WeightMap } from '../../src/model/index.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/train/checkpoint.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { differing } from './run-steps.js';

const folder = temporaryFolder();
const path = join(folder.path, 'last.safetensors');

const map = (entries: Record<string, number[]>): WeightMap =>
  new Map(
    Object.entries(entries).map(([name, values]) => [
      name,
      { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) },
    ]),
  );

const checkpoint: Checkpoint = {
  state: {
    weights: map({ 'a/kernel': [1, 2.5, -0], 'optimizer/bias': [1e-40] }),
    optimizer: map({ 'a/kernel/momentum': [0.1, 0, 3e38] }),
  },
  progress: {
    step: 12,
    epoch: 1,
    stepInEpoch: 2,
    stageStarts: [0],
    updates: 11,
    skipped: 1,
    skippedInARow: 0,
    lossSum: 1 / 3,
    lossCount: 2,
    seconds: 0.5,
    best: { top1: 0.75, top5: 1, loss: 0.5, macroPrecision: 0.7, macroRecall: 0.6, macroF1: 0.65, epoch: 1 },
    patience: { improved: 1, seen: 1, goodness: 0.75 },
    stopped: false,
    averagedEpoch: 1,
    lossScale: { scale: 1024, goodUpdates: 3, overflows: 1 },
    noise: { clean: 5, cleanRight: 4, changed: 3, memorized: 1, corrected: 2 },
  },
  identity: 'this run',
};

describe('a checkpoint', () => {
  test('comes back to the last bit', async () => {
    await writeCheckpoint(path, checkpoint);
    const { state, progress, identity } = readCheckpoint(path);
    expect(differing(state.weights, checkpoint.state.weights)).toEqual([]);
    expect(differing(state.optimizer, checkpoint.state.optimizer)).toEqual([]);
    expect([...state.optimizer.keys()]).toEqual(['a/kernel/momentum']);
    expect({ progress, identity }).toEqual({ progress: checkpoint.progress, identity: 'this run' });
  });

  test('replaces the one before it, and leaves nothing beside it', async () => {
    await writeCheckpoint(path, {
      ...checkpoint,
      progress: { ...checkpoint.progress, step: 13, best: null },
    });
    expect(readCheckpoint(path).progress).toMatchObject({ step: 13, best: null });
    expect(readdirSync(folder.path)).toEqual(['last.safetensors']);
  });
});

describe('is refused by its path', () => {
  const refusal = (file: string) => {
    try {
      readCheckpoint(file);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(file);
      return (error as Error).message;
    }
    throw new Error('The checkpoint was accepted.');
  };

  test('when it is missing', () => {
    const missing = join(folder.path, 'none.safetensors');
    expect(existsSync(missing)).toBe(false);
    expect(refusal(missing)).toContain('Leave out --resume to start anew');
  });

  test('when it holds weights only', async () => {
    const weights = join(folder.path, 'weights.safetensors');
    await writeSafetensors(weights, checkpoint.state.weights);
    expect(refusal(weights)).toContain("is no checkpoint of a run: it lacks the run's progress");
  });

  test('when it is cut off', async () => {
    await writeCheckpoint(path, checkpoint);
    const bytes = readFileSync(path);
    refusal(folder.write('cut.safetensors', bytes.subarray(0, bytes.length - 5)));
  });

  test('when its progress makes no sense', async () => {
    const odd = join(folder.path, 'odd.safetensors');
    for (const progress of ['{"step": "many"}', 'not JSON']) {
      await writeSafetensors(odd, map({}), { metadata: { progress, identity: 'x' } });
      expect(refusal(odd)).toContain('is no checkpoint of a run');
    }
  });
});
