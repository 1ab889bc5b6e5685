import { expect, test } from 'vitest';
import { defineTraining } from '../../src/recipe/recipe.js';
import { updatesOf, updatesPerEpoch } from '../../src/train/training-images.js';
import { task } from './digits-run.js';

/** The rows of each update. */
async function rowsOf(given: object, start = 0, epoch = 1): Promise<number[][]> {
  const recipe = defineTraining({ batchSize: 12, accumulate: 2, ...given });
  const updates: number[][] = [];
  for await (const held of updatesOf(task, recipe, 8, { epoch, start }))
    updates.push(held.flatMap(({ indices }) => [...indices]));
  expect(updates).toHaveLength(updatesPerEpoch(recipe, task) - start);
  return updates;
}

test('what fills no update is dropped, or padded from the start of the order', async () => {
  const dropped = await rowsOf({});
  expect(dropped).toHaveLength(8);
  expect(new Set(dropped.flat()).size).toBe(192);
  const padded = await rowsOf({ lastBatch: 'pad' });
  expect(padded).toHaveLength(9);
  expect(padded.slice(0, 8)).toEqual(dropped);
  expect(new Set(padded.flat()).size).toBe(200);
  expect(padded[8]!.slice(8)).toEqual(padded[0]!.slice(0, 16));
});

test('going on in the middle of an epoch gives the rest of it', async () => {
  for (const sampling of ['shuffled', 'balanced', 'sequential'] as const) {
    const whole = await rowsOf({ sampling }, 0, 3);
    expect(await rowsOf({ sampling }, 5, 3)).toEqual(whole.slice(5));
  }
});

test('balanced: each class as often as the others, whatever there is of them', async () => {
  const counts = new Map<number, number>();
  for (const row of (await rowsOf({ sampling: 'balanced', batchSize: 10, accumulate: 1 })).flat()) {
    const label = task.train.labels[row]!;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual(Array(10).fill(20));
});
