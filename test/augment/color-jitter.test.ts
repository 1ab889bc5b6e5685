import { expect, test } from 'vitest';
import { augmented, distance, images } from './run-augment.js';

const COUNT = 150;

/** Images of one colour. */
function plain(colour: readonly [number, number, number]) {
  const given = images(COUNT, 4);
  given.pixels.forEach((_, i) => {
    given.pixels[i] = colour[i % 3]!;
  });
  return given;
}

test('brightness changes by a factor in 1 ± strength, evenly spread', async () => {
  const found = await augmented(plain([100, 50, 150]), { size: 4, augmentations: ['color-jitter:0.4:0:0'] });
  const factors = found.map(([red]) => red! / 100);
  expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.59);
  expect(Math.max(...factors)).toBeLessThanOrEqual(1.4);
  expect(factors.filter((factor) => factor < 0.8).length).toBeGreaterThan(COUNT / 7);
  expect(factors.filter((factor) => factor > 1.2).length).toBeGreaterThan(COUNT / 7);
  for (const [i, [red, green, blue]] of found.entries()) {
    expect(Math.abs(green! - 50 * factors[i]!)).toBeLessThanOrEqual(1);
    expect(Math.abs(blue! - 150 * factors[i]!)).toBeLessThanOrEqual(2);
    expect(red).toBe(found[i]![3]);
  }
});

test('a strength above 1 does not turn colours around', async () => {
  const found = await augmented(plain([100, 50, 150]), { size: 4, augmentations: ['color-jitter:0:0:3'] });
  // In grey all three are alike; away from it, their order stays.
  for (const [red, green, blue] of found) {
    expect(green!).toBeLessThanOrEqual(red!);
    expect(red!).toBeLessThanOrEqual(blue!);
  }
});

test('saturation and hue leave greys as they are', async () => {
  const given = plain([90, 90, 90]);
  const found = await augmented(given, { size: 4, augmentations: ['color-jitter:0:0:0.9:0.5'] });
  expect(new Set(found.flat())).toEqual(new Set([90]));
});

test('hue turns either way, up to its strength', async () => {
  const found = await augmented(plain([255, 0, 0]), { size: 4, augmentations: ['color-jitter:0:0:0:0.1'] });
  // A tenth of a turn from red: towards yellow 0.6 of green, towards violet 0.6 of blue.
  for (const [red, green, blue] of found) {
    expect(red).toBe(255);
    expect(Math.min(green!, blue!)).toBe(0);
    expect(Math.max(green!, blue!)).toBeLessThanOrEqual(154);
  }
  expect(found.some(([, green]) => green! > 100)).toBe(true);
  expect(found.some(([, , blue]) => blue! > 100)).toBe(true);
});

test('images change in different orders', async () => {
  // Full saturation, then half brightness, or the reverse: what is clipped in between differs.
  const augmentations = ['color-jitter:0.9:0.9:0.9'];
  const given = images(30, 8);
  const same = { ...given, pixels: given.pixels.map((_, i) => given.pixels[i % (8 * 8 * 3)]!) };
  const found = await augmented(same, { size: 8, augmentations });
  expect(found.every((image, i) => i === 0 || distance(image, found[0]!) > 1)).toBe(true);
});
