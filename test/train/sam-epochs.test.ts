import { expect, test } from 'vitest';
import { fineTune, type TrainEvent } from '../../src/train/index.js';
import { newModel, recipe, stepsOf, task } from './digits-run.js';

async function stepsWith(given: Partial<typeof recipe>) {
  const events: TrainEvent[] = [];
  const result = await fineTune(
    newModel(),
    task,
    { ...recipe, ...given },
    { onEvent: (event) => events.push(event) },
  );
  await result.model.dispose();
  // How fast the machine is does not count.
  return stepsOf(events).map((step) => ({ ...step, imagesPerSecond: 0 }));
}

test('SAM in the last epochs: the base optimizer until then, to the bit, and parts of an epoch count', async () => {
  const late = await stepsWith({ samEpochs: 1.5 });
  const base = await stepsWith({ sam: 'none' });
  expect(late).toHaveLength(30);
  expect(late.slice(0, 15)).toEqual(base.slice(0, 15));
  expect(late.map(({ rho }) => rho)).toEqual([...Array(15), ...Array(15).fill(0.05)]);
  expect(late.slice(15).every(({ perturbedLoss, loss }) => perturbedLoss! > loss)).toBe(true);
});

test('it begins with an ascent, whatever --sam-every is', async () => {
  const late = await stepsWith({ samEpochs: 0.5, samEvery: 2 });
  expect(late.flatMap(({ rho }, step) => (rho === undefined ? [] : [step]))).toEqual([25, 27, 29]);
});
