import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { idOf, OPERATION_NAMES } from '../../../src/augment/operations/index.js';
import { CIFAR, IMAGENET, SVHN } from '../../../src/augment/policies/auto-augment-policies.js';
import { chooseStep, type Entry, indexOf } from '../../../src/augment/policies/choice.js';
import { autoAugmentExtent, magnitudeAt } from '../../../src/augment/policies/magnitudes.js';
import { Fragment } from '../../../src/tensorflow/index.js';
import { runFragment } from '../../model/run-fragment.js';
import { augmented, distance, images } from '../run-augment.js';

describe('magnitudes', () => {
  const extent = autoAugmentExtent(32, 64);
  const at = (name: Parameters<typeof magnitudeAt>[0]) =>
    Array.from({ length: 10 }, (_, i) => magnitudeAt(name, i / 9, extent));

  test("AutoAugment's ten are torchvision's", () => {
    expect(at('posterize')).toEqual([8, 8, 7, 7, 6, 6, 5, 5, 4, 4]);
    expect(at('solarize').map(Math.round)).toEqual([255, 227, 198, 170, 142, 113, 85, 57, 28, 0]);
    expect(at('translate-x')).toEqual([0, 3, 6, 9, 12, 16, 19, 22, 25, 29]);
    expect(at('translate-y')).toEqual([0, 1, 3, 4, 6, 8, 9, 11, 12, 14]);
    expect(at('rotate')[9]).toBe(30);
    expect(at('shear-x')[3]).toBeCloseTo(0.1);
    expect(at('sharpness')[5]).toBeCloseTo(0.5);
    expect(at('equalize')).toEqual(Array(10).fill(0));
  });

  test('beyond the full extent they go on, as far as that means anything', () => {
    expect(magnitudeAt('rotate', 2.8, extent)).toBeCloseTo(84);
    expect(magnitudeAt('translate-x', 2.8, extent)).toBe(29);
    expect(magnitudeAt('posterize', 2.8, extent)).toBe(1);
    expect(magnitudeAt('solarize', 2.8, extent)).toBe(0);
  });
});

// The digests are of torchvision's tables (transforms/autoaugment.py), written down from there in the same form.
test.each([
  ['CIFAR', CIFAR, 'd1676c3db5e22088'],
  ['SVHN', SVHN, '5518e3b507317c9d'],
  ['ImageNet', IMAGENET, '6c3692b7ba74dd7f'],
])('the policies of %s are 25 pairs of known operations: those of torchvision', (_, policies, digest) => {
  expect(policies).toHaveLength(25);
  const text = policies.map((policy) => policy.join(' ')).join('\n');
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(digest);
  const entries = policies.flatMap((policy) => [policy.slice(0, 3), policy.slice(3)]);
  for (const [name, probability, magnitude] of entries) {
    expect(OPERATION_NAMES).toContain(name);
    expect(probability).toBeGreaterThanOrEqual(0);
    expect(probability).toBeLessThanOrEqual(1);
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(magnitude);
  }
});

test('a step does what was chosen, as often as its probability says, with a sign where there is one', async () => {
  const entries: Entry[] = [
    { name: 'rotate', magnitude: 30, probability: 0.4 },
    { name: 'brightness', magnitude: 2.5 },
    { name: 'solarize', magnitude: 100 },
  ];
  const f = new Fragment();
  for (const name of ['which', 'sign', 'done']) f.input(name, 'float32', [-1]);
  const step = chooseStep(f, entries, indexOf(f, 'which', 3), { sign: 'sign', done: 'done' });
  const feeds = {
    which: { values: [0, 0.1, 0.33, 0.34, 0.5, 0.67, 0.99999994] },
    sign: { values: [0.1, 0.9, 0.9, 0.2, 0.8, 0.2, 0.8] },
    done: { values: [0.39, 0.39, 0.41, 0.99, 0.99, 0.99, 0.99] },
  };
  const [operation, magnitude] = await runFragment(f, feeds, [step.operation, step.magnitude]);
  const [rotate, brightness, solarize] = ['rotate', 'brightness', 'solarize'] as const;
  expect(operation!.values).toEqual(
    [rotate, rotate, 'identity' as const, brightness, brightness, solarize, solarize].map(idOf),
  );
  const factors = [30, -30, -30, 2.5, -0.99, 100, 100];
  expect(distance(magnitude!.values, factors)).toBeLessThan(1e-6);
  expect(step.among).toEqual([rotate, brightness, solarize]);
});

/** Images of one grey: what moves pixels puts the same grey where there is no image. */
const grey = (count: number) => ({
  ...images(count, 16),
  pixels: new Uint8Array(count * 16 * 16 * 3).fill(128),
});

test('RandAugment at magnitude 0 leaves even images as they are', async () => {
  const found = await augmented(grey(60), { size: 16, augmentations: ['rand-augment:3:0'] });
  expect(new Set(found.flat())).toEqual(new Set([128]));
});

test('RandAugment does more to an image the more operations there are', async () => {
  const unchanged = async (n: number) => {
    const given = images(140, 16);
    const plain = await augmented(given, { size: 16 });
    const found = await augmented(given, { size: 16, augmentations: [`rand-augment:${n}:9`] });
    return found.filter((image, i) => distance(image, plain[i]!) === 0).length;
  };
  const [one, four] = [await unchanged(1), await unchanged(4)];
  // One operation of fourteen does nothing, and of these images, equalizing and stretching do little.
  expect(one).toBeGreaterThan(2);
  expect(one).toBeLessThan(40);
  expect(four).toBeLessThan(one);
});

test("AugMix's weights sum to 1: what none of its operations change stays", async () => {
  const found = await augmented(grey(40), { size: 16, augmentations: ['aug-mix:3:1'] });
  expect(new Set(found.flat())).toEqual(new Set([128]));
});

test('AugMix changes more with more severity', async () => {
  const change = async (severity: number) => {
    const given = images(40, 16);
    const plain = (await augmented(given, { size: 16 })).flat();
    const found = (await augmented(given, { size: 16, augmentations: [`aug-mix:${severity}`] })).flat();
    return found.reduce((sum, value, i) => sum + Math.abs(value - plain[i]!), 0);
  };
  expect(await change(10)).toBeGreaterThan(1.2 * (await change(1)));
});
