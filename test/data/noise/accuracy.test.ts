import { expect, test } from 'vitest';
import { NoiseAccuracy } from '../../../src/data/noise/index.js';
import { numbered, pixelTask } from './noisy-task.js';

/** Images 0 to 5 of classes 0, 1, 2, 0, 1, 2; the last three bear wrong labels. */
function noisyTask() {
  const { train } = pixelTask(numbered(3), 2);
  const labels = Int32Array.of(0, 1, 2, 1, 2, 0);
  const changed = Int32Array.of(3, 4, 5);
  const noise = { kind: 'symmetric', share: 0.5, seed: 0, original: train.labels, changed };
  return { train: { ...train, labels }, noise };
}

test('counts images with true and with wrong labels apart', () => {
  const accuracy = new NoiseAccuracy(noisyTask());
  accuracy.add(Int32Array.of(0, 3, 5), [0, 1, 2]);
  // 0 right; 3 learned by heart (0 was given 1), 5 right all the same.
  expect(accuracy.result()).toEqual({ cleanTop1: 1, noisyTop1: 0.5, correctedTop1: 0.5 });
  accuracy.add(Int32Array.of(1, 2, 4), [1, 0, 0]);
  // 4 is neither what it is nor what it was given.
  expect(accuracy.result()).toEqual({ cleanTop1: 2 / 3, noisyTop1: 1 / 3, correctedTop1: 1 / 3 });
});

test('says nothing about images that it has not seen', () => {
  const accuracy = new NoiseAccuracy(noisyTask());
  expect(accuracy.result()).toEqual({ cleanTop1: undefined, noisyTop1: undefined, correctedTop1: undefined });
  accuracy.add(Int32Array.of(0), [1]);
  expect(accuracy.result()).toEqual({ cleanTop1: 0, noisyTop1: undefined, correctedTop1: undefined });
});

test('goes on from its counts, and starts anew', () => {
  const first = new NoiseAccuracy(noisyTask());
  first.add(Int32Array.of(0, 3), [0, 1]);
  const counts = JSON.parse(JSON.stringify(first.counts));
  const second = new NoiseAccuracy(noisyTask(), counts);
  second.add(Int32Array.of(1), [0]);
  expect(second.result()).toEqual({ cleanTop1: 0.5, noisyTop1: 1, correctedTop1: 0 });
  expect(first.counts).toEqual(counts);
  second.reset();
  expect(second.result().cleanTop1).toBeUndefined();
});
