import { describe, expect, test } from 'vitest';
import { NOISE_STREAM } from '../../../src/data/noise/apply.js';
import {
  LABEL_NOISES,
  type NoisyTask,
  withLabelNoise,
  withPredictedLabels,
} from '../../../src/data/noise/index.js';
import { STREAMS } from '../../../src/data/random.js';
import { InputError } from '../../../src/errors.js';
import { CIFAR10_CLASSES, numbered, pixelTask } from './noisy-task.js';

const cifar = pixelTask(CIFAR10_CLASSES, 1000);

/** Whether a count of `n` images is what a probability gives, within four standard deviations. */
function expectShare(count: number, n: number, probability: number): void {
  const deviation = Math.sqrt(n * probability * (1 - probability));
  expect(Math.abs(count - n * probability)).toBeLessThan(4 * deviation + 1e-9);
}

const pairsOf = ({ train, noise }: NoisyTask) =>
  new Set(Array.from(noise.changed, (row) => `${noise.original[row]}-${train.labels[row]}`));

describe.each([0.2, 0.4, 0.6, 0.8])('symmetric noise of %f', (share) => {
  const noisy = withLabelNoise(cifar, `symmetric:${share}`, 3);

  test('redraws that share from all classes, so a tenth of them stays true', () => {
    expectShare(noisy.noise.changed.length, 10_000, share * 0.9);
  });

  test('gives every other class alike', () => {
    expect(pairsOf(noisy).size).toBe(90);
    for (let to = 0; to < 10; to++) {
      const given = noisy.noise.changed.filter((row) => noisy.train.labels[row] === to).length;
      expectShare(given, 9000, share / 10);
    }
  });
});

describe.each(Object.keys(LABEL_NOISES))('%s noise', (kind) => {
  const noisy = withLabelNoise(cifar, `${kind}:0.4`, 3);

  test('changes training labels only, and knows what they were', () => {
    const { train, test: heldOut, noise } = noisy;
    expect(heldOut).toBe(cifar.test);
    expect(train.source).toBe(cifar.train.source);
    expect(noise.original).toEqual(cifar.train.labels);
    expect(noise).toMatchObject({ kind, share: 0.4, seed: 3 });
    const differing = [...train.labels.keys()].filter((row) => train.labels[row] !== cifar.train.labels[row]);
    expect([...noise.changed]).toEqual(differing);
    expect(differing.length).toBeGreaterThan(1000);
    expect(cifar.train.labels.every((label, row) => label === row % 10)).toBe(true);
  });

  test('depends on the seed alone', () => {
    const again = withLabelNoise(cifar, `${kind}:0.4`, 3);
    expect(again).toEqual(noisy);
    const other = withLabelNoise(cifar, `${kind}:0.4`, 4);
    expect(other.train.labels).not.toEqual(noisy.train.labels);
    const prints = [cifar, noisy, other, withLabelNoise(cifar, `${kind}:0.2`, 3)].map(
      ({ fingerprint }) => fingerprint,
    );
    expect(new Set(prints).size).toBe(4);
  });

  test('of a larger share holds that of a smaller one', () => {
    const less = withLabelNoise(cifar, `${kind}:0.2`, 3);
    const { train } = noisy;
    for (const row of less.noise.changed) expect(train.labels[row]).toBe(less.train.labels[row]);
    expect(noisy.noise.changed.length).toBeGreaterThan(1.5 * less.noise.changed.length);
  });

  test('of 0 changes nothing', () => {
    expect(withLabelNoise(cifar, `${kind}:0`, 3).noise.changed).toHaveLength(0);
  });

  test('has a default share', () => {
    expect(withLabelNoise(cifar, kind, 3)).toEqual(noisy);
  });
});

test('is the same on every platform', () => {
  const small = pixelTask(numbered(10), 2);
  const { train } = withLabelNoise(small, 'symmetric:0.5', 7);
  // By another implementation of the generator; without noise they are 0 to 9, twice.
  expect([...train.labels]).toEqual([0, 1, 2, 3, 2, 5, 6, 7, 8, 7, 0, 3, 3, 8, 2, 5, 6, 7, 3, 9]);
});

test('symmetric noise of 1 draws every label', () => {
  expectShare(withLabelNoise(cifar, 'symmetric:1', 0).noise.changed.length, 10_000, 0.9);
});

test('its random numbers are used for nothing else', () => {
  expect(Object.values(STREAMS)).not.toContain(NOISE_STREAM);
});

describe('asymmetric noise', () => {
  test('swaps the usual pairs of CIFAR-10, and changes no other class', () => {
    const noisy = withLabelNoise(cifar, 'asymmetric:0.4', 3);
    const named = [...pairsOf(noisy)].map((pair) =>
      pair
        .split('-')
        .map((label) => CIFAR10_CLASSES[Number(label)])
        .join(' > '),
    );
    expect(named.sort()).toEqual([
      'bird > airplane',
      'cat > dog',
      'deer > horse',
      'dog > cat',
      'truck > automobile',
    ]);
    expectShare(noisy.noise.changed.length, 5000, 0.4);
  });

  test('of 1 changes every image of those classes', () => {
    expect(withLabelNoise(cifar, 'asymmetric:1', 3).noise.changed).toHaveLength(5000);
  });
});

describe('predicted labels', () => {
  const noisy = withLabelNoise(pixelTask(CIFAR10_CLASSES, 10), 'symmetric:0.5', 1);
  const predicted = Int32Array.from(noisy.noise.original);
  predicted[0] = 5;
  predicted[1] = 6;
  const bootstrapped = withPredictedLabels(noisy, predicted);

  test('replace those of the training images; the true ones stay known', () => {
    expect(bootstrapped.train.labels).toEqual(predicted);
    expect(bootstrapped.noise).toEqual({
      kind: 'predicted',
      share: 0.02,
      seed: 1,
      original: noisy.noise.original,
      changed: Int32Array.of(0, 1),
    });
    expect(bootstrapped.fingerprint).not.toBe(noisy.fingerprint);
  });

  test('of a task without noise count its own labels as true', () => {
    const task = pixelTask(CIFAR10_CLASSES, 10);
    expect(withPredictedLabels(task, predicted).noise).toMatchObject({ share: 0.02, seed: 0 });
  });

  test('must fit', () => {
    expect(() => withPredictedLabels(noisy, predicted.subarray(1))).toThrow(/100, one a training image.*99/);
    const outside = predicted.map(() => 10);
    expect(() => withPredictedLabels(noisy, outside)).toThrow(/class indices in 0..9.*10/);
  });
});

test.each([
  ['symmetric:1.5', /0 to 1 for --label-noise, share of symmetric, received '1.5'/],
  ['asymmetric:-0.1', /0 to 1 for --label-noise, share of asymmetric, received '-0.1'/],
  ['symmetric:', /share of symmetric/],
  ['symetric:0.4', /'symetric'.*Did you mean 'symmetric'/],
  ['symmetric:0.4:2', /takes 1/],
])('%s is refused', (noise, message) => {
  expect(() => withLabelNoise(cifar, noise, 0)).toThrow(InputError);
  expect(() => withLabelNoise(cifar, noise, 0)).toThrow(message);
});

test('noise upon noise is refused', () => {
  const noisy = withLabelNoise(cifar, 'symmetric:0.4', 0);
  expect(() => withLabelNoise(noisy, 'symmetric:0.4', 0)).toThrow(
    /pixels has label noise already \(symmetric:0.4\). Start from the task without/,
  );
});
