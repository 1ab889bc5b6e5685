import { describe, expect, test } from 'vitest';
import { type MixOptions, mix } from '../../src/augment/index.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { runFragment, seedOf } from '../model/run-fragment.js';

const SIDE = 12;
const PIXELS = SIDE * SIDE;

type Wanted = Partial<Omit<MixOptions, 'seed' | 'first' | 'on' | 'size'>> & {
  count: number;
  on?: number;
  step?: number;
  first?: number;
};

/** Mixes images of one value each, 10 apart, whose classes are their places in the batch. */
async function mixed({ count, on = 1, step = 3, first = 0, ...options }: Wanted) {
  const f = new Fragment();
  f.input('images', 'float32', [-1, SIDE, SIDE, 3]);
  f.input('targets', 'float32', [-1, count]);
  f.input('seed', 'int64', [2]);
  f.input('first', 'int32', []);
  f.input('on', 'float32', []);
  const defaults = { mixup: 0, cutmix: 0, mixMode: 'image', mixSwitch: 0.5, mixProbability: 1 } as const;
  const result = mix(
    f,
    { images: 'images', targets: 'targets' },
    { ...defaults, ...options, size: SIDE, seed: 'seed', first: 'first', on: 'on' },
  );
  const feeds = {
    images: {
      values: Float32Array.from({ length: count * PIXELS * 3 }, (_, i) => 10 * Math.floor(i / (PIXELS * 3))),
      shape: [count, SIDE, SIDE, 3],
    },
    targets: {
      values: Float32Array.from({ length: count * count }, (_, i) => Number(i % (count + 1) === 0)),
      shape: [count, count],
    },
    seed: seedOf(1, step),
    first: { dtype: 'int32' as const, values: [first], shape: [] },
    on: { values: [on], shape: [] },
  };
  const outputs = [f.identity(result.images), f.identity(result.targets)];
  const [images, targets] = await runFragment(f, feeds, outputs);
  return Array.from({ length: count }, (_, i) => ({
    pixels: images!.values.slice(i * PIXELS * 3, (i + 1) * PIXELS * 3),
    target: targets!.values.slice(i * count, (i + 1) * count),
    own: 10 * i,
    other: 10 * ((i + count - 1) % count),
    share: targets!.values[i * count + i]!,
  }));
}

const COUNT = 40;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const isCloseTo = (a: number, b: number, tolerance = 1e-4) => Math.abs(a - b) < tolerance;

describe.each([['image'], ['batch']] as const)('a share for each %s', (mixMode) => {
  test.each([
    ['mixup', { mixup: 0.4 }],
    ['CutMix', { cutmix: 1 }],
    ['both', { mixup: 0.4, cutmix: 1 }],
  ])('%s: targets sum to 1 and are the shares of the pixels', async (_, options) => {
    const found = await mixed({ count: COUNT, mixMode, ...options });
    for (const { pixels, target, own, other, share } of found) {
      expect(isCloseTo(sum(target), 1)).toBe(true);
      expect(target.filter((value) => value > 0).length).toBeLessThanOrEqual(2);
      // The mean of an image of two values tells what each of them has of it.
      const mean = sum(pixels) / pixels.length;
      expect(isCloseTo(mean, share * own + (1 - share) * other, 1e-2)).toBe(true);
    }
    const shares = new Set(found.map(({ share }) => share.toFixed(5)));
    if (mixMode === 'batch') expect(shares.size).toBe(1);
    else expect(shares.size).toBeGreaterThan(COUNT / 4);
  });
});

test('mixup mixes every pixel alike', async () => {
  for (const { pixels } of await mixed({ count: COUNT, mixup: 1 }))
    expect(isCloseTo(Math.min(...pixels), Math.max(...pixels), 1e-3)).toBe(true);
});

test('CutMix pastes a box; its area is the share that the target gives away', async () => {
  const found = await mixed({ count: COUNT, cutmix: 1 });
  for (const { pixels, own, other, share } of found) {
    expect(pixels.every((value) => value === own || value === other)).toBe(true);
    const pasted = pixels.flatMap((value, i) => (value === other ? [Math.floor(i / 3)] : []));
    expect(isCloseTo(pasted.length / 3 / PIXELS, 1 - share)).toBe(true);
    const rows = new Set(pasted.map((pixel) => Math.floor(pixel / SIDE)));
    const columns = new Set(pasted.map((pixel) => pixel % SIDE));
    expect(rows.size * columns.size).toBe(pasted.length / 3);
  }
  expect(found.some(({ share }) => share < 0.9)).toBe(true);
});

test.each([
  ['off in the last epochs', { on: 0 }],
  ['with a probability of 0', { mixProbability: 0 }],
])('%s all stay as they are', async (_, options) => {
  for (const { pixels, own, share } of await mixed({ count: 8, mixup: 1, cutmix: 1, ...options })) {
    expect(new Set(pixels)).toEqual(new Set([own]));
    expect(share).toBe(1);
  }
});

test('half of the images are mixed with a probability of a half; the labels of the others are whole', async () => {
  const found = await mixed({ count: 200, mixup: 1, mixProbability: 0.5 });
  const whole = found.filter(({ pixels, own }) => pixels.every((value) => value === own));
  expect(Math.abs(whole.length - 100)).toBeLessThan(25);
  for (const { share } of whole) expect(share).toBe(1);
});

test('the switch says how often it is CutMix', async () => {
  const found = await mixed({ count: 200, mixup: 1, cutmix: 1, mixSwitch: 0.25 });
  const isBox = found.filter(({ pixels, own, other }) =>
    pixels.every((value) => value === own || value === other),
  );
  expect(Math.abs(isBox.length - 50)).toBeLessThan(25);
});

test.each([
  // Of Beta(a, a): the mean is 1/2, the variance 1 / (4 (2 a + 1)).
  [1, 1 / 12],
  [0.2, 1 / 5.6],
  [4, 1 / 36],
  [0.001, 1 / 4.008],
])('shares of mixup %f have the moments of Beta', async (alpha, variance) => {
  const shares = (await mixed({ count: 400, mixup: alpha })).map(({ share }) => share);
  expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  const mean = sum(shares) / shares.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
  const spread = sum(shares.map((share) => (share - mean) ** 2)) / shares.length;
  expect(Math.abs(spread - variance)).toBeLessThan(0.25 * variance);
});

test('the share of an image depends on its place in the update', async () => {
  const whole = await mixed({ count: 12, mixup: 1 });
  const rest = await mixed({ count: 7, mixup: 1, first: 5 });
  expect(rest.map(({ share }) => share)).toEqual(whole.slice(5).map(({ share }) => share));
  const next = await mixed({ count: 12, mixup: 1, step: 4 });
  expect(next.map(({ share }) => share)).not.toEqual(whole.map(({ share }) => share));
});

test('each batch of an update has a share of its own', async () => {
  const [one] = await mixed({ count: 4, mixup: 1, mixMode: 'batch' });
  const [two] = await mixed({ count: 4, mixup: 1, mixMode: 'batch', first: 4 });
  expect(two!.share).not.toBe(one!.share);
});

test('one image has no other', async () => {
  const [only] = await mixed({ count: 1, mixup: 1, cutmix: 1 });
  expect(only!.share).toBeCloseTo(1, 6);
  expect(new Set(only!.pixels)).toEqual(new Set([0]));
});
