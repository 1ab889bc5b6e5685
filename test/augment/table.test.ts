import { describe, expect, test } from 'vitest';
import { AUGMENTATIONS, type AugmentationName } from '../../src/augment/index.js';
import { augmented, distance, imageOf, images, part } from './run-augment.js';

const NAMES = Object.keys(AUGMENTATIONS) as AugmentationName[];
const given = images(24, 16);

/** Values that a black and a white frame, and what is between them, may become. */
function contrasting(count: number, side: number) {
  const result = images(count, side);
  result.pixels.forEach((value, i) => {
    result.pixels[i] = value % 3 === 0 ? 0 : value % 3 === 1 ? 255 : value;
  });
  return result;
}

describe.each(NAMES.map((name) => ({ name })))('$name', ({ name }) => {
  const wanted = { size: 16, augmentations: [name], seed: 5, step: 7 };

  test('changes images; the same seed and update change them alike, another of either otherwise', async () => {
    const first = await augmented(given, wanted);
    expect(await augmented(given, wanted)).toEqual(first);
    expect(await augmented(given, { ...wanted, step: 8 })).not.toEqual(first);
    expect(await augmented(given, { ...wanted, seed: 6 })).not.toEqual(first);
    const plain = await augmented(given, { size: 16 });
    expect(first.some((image, i) => distance(image, plain[i]!) > 1)).toBe(true);
  });

  test('an update divided into batches gives the same images', async () => {
    const whole = await augmented(given, wanted);
    const parts = [
      ...(await augmented(part(given, 0, 3), wanted)),
      ...(await augmented(part(given, 3, 21), { ...wanted, first: 3 })),
    ];
    expect(parts).toEqual(whole);
  });

  test('what an image becomes depends on no other image', async () => {
    const other = { ...given, pixels: given.pixels.map((value, i) => (i < 2000 ? value : 255 - value)) };
    const length = 16 * 16 * 3;
    const untouched = Math.floor(2000 / length);
    const [one, two] = [await augmented(given, wanted), await augmented(other, wanted)];
    expect(two.slice(0, untouched)).toEqual(one.slice(0, untouched));
  });

  test.each([[16], [11], [37]])('values at %i pixels are finite and in 0..255', async (size) => {
    const found = (await augmented(contrasting(12, 16), { ...wanted, size })).flat();
    expect(found.every(Number.isFinite)).toBe(true);
    expect(found.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(0);
    expect(found.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(255);
  });

  test('images that are not square', async () => {
    const wide = images(4, 9, 14);
    const found = await augmented(wide, { ...wanted, size: 12 });
    expect(found.flat().every(Number.isFinite)).toBe(true);
  });
});

test('names in combination: all of them at once', async () => {
  const found = await augmented(given, { size: 20, augmentations: NAMES });
  expect(found.flat().every((value) => value >= 0 && value <= 255)).toBe(true);
});

test.each([
  ['flipp', /Unknown name for --augment: 'flipp'. Did you mean 'flip'\?/],
  ['cutout:2', /in 0 to 1 for --augment, side of cutout, received '2'/],
  ['flip:1', /'flip:1' for --augment has 1 numbers; flip takes 0/],
])('%s is refused', async (name, message) => {
  await expect(augmented(given, { size: 16, augmentations: [name] })).rejects.toThrow(message);
});

test('a name that is there twice is refused', async () => {
  await expect(augmented(given, { size: 16, augmentations: ['cutout', 'cutout:0.3'] })).rejects.toThrow(
    /--augment names cutout twice. Leave one of them out/,
  );
});

test.each([['color-jitter:0:0:0:0'], ['random-erasing:0'], ['cutout:0']])(
  '%s leaves images as they are',
  async (name) => {
    const found = await augmented(given, { size: 16, augmentations: [name] });
    expect(found).toEqual(found.map((_, i) => imageOf(given, i)));
  },
);

test.each([
  ['rand-augment:0', /n of rand-augment/],
  ['rand-augment:1.5', /whole number.*n of rand-augment.*1.5/],
  ['random-resized-crop:1:0.5', /random-resized-crop.*1.*0.5/],
])('%s is refused', async (name, message) => {
  await expect(augmented(given, { size: 16, augmentations: [name] })).rejects.toThrow(message);
});
