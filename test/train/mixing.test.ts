import { afterEach, expect, test, vi } from 'vitest';
import { NoiseAccuracy, withLabelNoise } from '../../src/data/noise/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { type EpochEvent, fineTune, Program, type TrainEvent } from '../../src/train/index.js';
import { arrayTask, smallModel } from './small-network.js';

afterEach(() => {
  vi.restoreAllMocks();
  expect(Tensor.liveCount).toBe(0);
});

const task = arrayTask(24);
/** Three steps an epoch. */
const short: Partial<RecipeInput> = { batchSize: 8, epochs: 3, augment: [], learningRate: 0.05 };

test.each([
  [{ mixup: 0.4 }, [true, true, true]],
  [{ mixup: 0.4, mixOffEpochs: 1 }, [true, true, false]],
  [{ cutmix: 1, mixOffEpochs: 2 }, [true, false, false]],
  [{}, [false, false, false]],
])('%j mixes in the epochs %j', async (given, expected) => {
  const step = vi.spyOn(Program.prototype, 'step');
  const { model } = await fineTune(smallModel(), task, { ...short, ...given });
  await model.dispose();
  const told = step.mock.calls.map(([{ mixing }]) => mixing);
  expect(told).toEqual(expected.flatMap((mixing) => [mixing, mixing, mixing]));
});

test('while images are mixed, accuracy on true and wrong labels is that of the images as they are', async () => {
  const noisy = withLabelNoise(task, 'symmetric:0.5', 1);
  const epochs: EpochEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    if (event.event === 'epoch') epochs.push(event);
  };
  const recipe = { ...short, mixup: 1, bestMetric: 'last' } as const;
  const { model } = await fineTune(smallModel({ seed: 1 }), noisy, recipe, { onEvent });
  const { source } = noisy.train;
  if (source.kind !== 'array') throw new Error('expected an array');
  const { data } = await model.logits({ data: source.pixels, shape: [24, 8, 8, 3] });
  await model.dispose();
  const predicted = Array.from({ length: 24 }, (_, i) => {
    const own = data.slice(3 * i, 3 * i + 3);
    return own.indexOf(Math.max(...own));
  });
  const expected = new NoiseAccuracy(noisy);
  expected.add(Int32Array.from(predicted.keys()), predicted);
  expect(epochs).toHaveLength(3);
  expect(epochs.at(-1)!.noise).toEqual(expected.result());
  for (const { noise } of epochs) expect(noise!.cleanTop1).toBeGreaterThanOrEqual(0);
});
