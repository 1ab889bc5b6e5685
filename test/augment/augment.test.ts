import { describe, expect, test } from 'vitest';
import { type Augmentation, augment } from '../../src/augment/index.js';
import { attr, Fragment } from '../../src/tensorflow/index.js';
import { runFragment, seedOf } from '../model/run-fragment.js';

interface Images {
  pixels: Uint8Array;
  count: number;
  height: number;
  width: number;
}

/** Images whose every pixel and channel differs from its neighbours. */
function images(count: number, height: number, width = height): Images {
  const pixels = Uint8Array.from(
    { length: count * height * width * 3 },
    (_, i) => (i * 37 + (i >> 3) * 11) % 251,
  );
  return { pixels, count, height, width };
}

interface Wanted {
  size: number;
  augmentations?: readonly Augmentation[];
  seed?: number;
  step?: number;
}

/** The augmented images, one array `[size, size, 3]` each. */
async function augmented(
  { pixels, count, height, width }: Images,
  { size, augmentations = [], seed = 3, step = 0 }: Wanted,
): Promise<number[][]> {
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, height, width, 3]);
  f.input('seed', 'int64', [2]);
  const output = augment(f, 'pixels', { height, width, size, augmentations, seed: 'seed' });
  const feeds = {
    pixels: { dtype: 'uint8' as const, values: pixels, shape: [count, height, width, 3] },
    ...(augmentations.length > 0 && { seed: seedOf(seed, step) }),
  };
  const [found] = await runFragment(f, feeds, [output]);
  expect(found!.shape).toEqual([count, size, size, 3]);
  const length = size * size * 3;
  return Array.from({ length: count }, (_, i) => found!.values.slice(i * length, (i + 1) * length));
}

/** One image, `[height, width, 3]`. */
const imageOf = ({ pixels, height, width }: Images, i: number): number[] => {
  const length = height * width * 3;
  return Array.from(pixels.subarray(i * length, (i + 1) * length));
};

function mirrored(image: readonly number[], size: number): number[] {
  return image.map((_, i) => {
    const [y, x, c] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    return image[(y * size + size - 1 - x) * 3 + c]!;
  });
}

/** The image moved by whole pixels, its border reflected. */
function shifted(image: readonly number[], size: number, [dy, dx]: readonly [number, number]): number[] {
  const reflect = (at: number) => (at < 0 ? -at - 1 : at >= size ? 2 * size - 1 - at : at);
  return image.map((_, i) => {
    const [y, x, c] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    return image[(reflect(y + dy) * size + reflect(x + dx)) * 3 + c]!;
  });
}

// Places are computed in float32: a pixel keeps its value up to rounding.
const TOLERANCE = 5e-3;
const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
const isEqual = (a: readonly number[], b: readonly number[]) => distance(a, b) < TOLERANCE;

/** Bilinear with half-pixel centres and a clamped border, by its definition. */
function resized(image: readonly number[], [height, width]: [number, number], size: number): number[] {
  const sample = (y: number, x: number, c: number) => {
    const row = Math.min(Math.max(y, 0), height - 1);
    const column = Math.min(Math.max(x, 0), width - 1);
    return image[(row * width + column) * 3 + c]!;
  };
  return Array.from({ length: size * size * 3 }, (_, i) => {
    const [oy, ox, c] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    const y = ((oy + 0.5) * height) / size - 0.5;
    const x = ((ox + 0.5) * width) / size - 0.5;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [fy, fx] = [y - top, x - left];
    return (
      (1 - fy) * ((1 - fx) * sample(top, left, c) + fx * sample(top, left + 1, c)) +
      fy * ((1 - fx) * sample(top + 1, left, c) + fx * sample(top + 1, left + 1, c))
    );
  });
}

describe('without augmentations', () => {
  test('images of the right size stay as they are', async () => {
    const given = images(2, 6);
    expect(await augmented(given, { size: 6 })).toEqual([imageOf(given, 0), imageOf(given, 1)]);
  });

  test.each([
    [6, 6, 15],
    [5, 7, 12],
    [16, 16, 6],
  ])(
    'images of %i x %i become %i x the same, bilinear with half-pixel centres',
    async (height, width, size) => {
      const given = images(2, height, width);
      const found = await augmented(given, { size });
      for (const [i, image] of found.entries()) {
        expect(distance(image, resized(imageOf(given, i), [height, width], size))).toBeLessThan(TOLERANCE);
      }
    },
  );
});

describe('flip', () => {
  test('gives each image as it is or exactly mirrored, about as often', async () => {
    const given = images(64, 6);
    const found = await augmented(given, { size: 6, augmentations: ['flip'] });
    const flips = found.map((image, i) => {
      const own = imageOf(given, i);
      if (isEqual(image, own)) return 0;
      expect(distance(image, mirrored(own, 6)), `image ${i}`).toBeLessThan(TOLERANCE);
      return 1;
    });
    const count = flips.reduce<number>((a, b) => a + b, 0);
    // 64 fair coins: outside of this once in 10,000.
    expect(count).toBeGreaterThan(16);
    expect(count).toBeLessThan(48);
  });

  test('mirrors the enlarged image', async () => {
    const given = images(24, 5);
    const enlarged = await augmented(given, { size: 13 });
    const found = await augmented(given, { size: 13, augmentations: ['flip'] });
    const kinds = found.map((image, i) => {
      if (isEqual(image, enlarged[i]!)) return 'kept';
      return isEqual(image, mirrored(enlarged[i]!, 13)) ? 'mirrored' : 'neither';
    });
    expect(new Set(kinds)).toEqual(new Set(['kept', 'mirrored']));
  });
});

describe('crop', () => {
  /** By how much an image was moved, down and right. */
  function shiftOf(image: readonly number[], original: readonly number[], size: number, margin: number) {
    for (let dy = -margin; dy <= margin; dy++)
      for (let dx = -margin; dx <= margin; dx++)
        if (isEqual(image, shifted(original, size, [dy, dx]))) return [dy, dx] as const;
    return undefined;
  }

  test('moves each image by whole pixels, an eighth of its size at most, with a reflected border', async () => {
    const given = images(120, 16);
    const found = await augmented(given, { size: 16, augmentations: ['crop'] });
    const shifts = found.map((image, i) => shiftOf(image, imageOf(given, i), 16, 2));
    expect(shifts).not.toContain(undefined);
    for (const axis of [0, 1] as const) {
      expect(new Set(shifts.map((shift) => shift![axis]))).toEqual(new Set([-2, -1, 0, 1, 2]));
    }
    // The two directions are drawn by themselves.
    expect(new Set(shifts.map(String)).size).toBeGreaterThan(15);
  });

  test('with flip: the image that was moved is mirrored, or not', async () => {
    const given = images(60, 16);
    const found = await augmented(given, { size: 16, augmentations: ['flip', 'crop'] });
    const kinds = found.map((image, i) => {
      if (shiftOf(image, imageOf(given, i), 16, 2)) return 'moved';
      return shiftOf(image, mirrored(imageOf(given, i), 16), 16, 2) ? 'mirrored' : 'neither';
    });
    expect(new Set(kinds)).toEqual(new Set(['moved', 'mirrored']));
  });
});

// At these sizes float32 has placed the last row or column just outside of the image.
test.each([16, 25, 31, 49, 61])('%i pixels: no sample falls outside of the image', async (side) => {
  const white = { ...images(100, side), pixels: new Uint8Array(100 * side * side * 3).fill(200) };
  const found = await augmented(white, { size: side, augmentations: ['flip', 'crop'], seed: 0, step: 1 });
  for (const image of found) expect(distance(image, Array(image.length).fill(200))).toBeLessThan(TOLERANCE);
});

test.each([[16], [11], [37]])('values stay in 0..255 at %i pixels', async (size) => {
  const given = images(40, 16);
  given.pixels.forEach((value, i) => {
    given.pixels[i] = value % 2 === 0 ? 0 : 255;
  });
  const found = (await augmented(given, { size, augmentations: ['flip', 'crop'] })).flat();
  expect(found.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(0);
  expect(found.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(255);
  expect(found.some((value) => value > 250)).toBe(true);
});

test('the same seed and step give the same images; another of either does not', async () => {
  const given = images(20, 16);
  const draw = (seed: number, step: number) =>
    augmented(given, { size: 16, augmentations: ['flip', 'crop'], seed, step });
  const first = await draw(1, 1);
  expect(await draw(1, 1)).toEqual(first);
  expect(await draw(1, 2)).not.toEqual(first);
  expect(await draw(2, 1)).not.toEqual(first);
});

test('augmentation draws other numbers than the layers do', async () => {
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, 16, 16, 3]);
  f.input('seed', 'int64', [2]);
  augment(f, 'pixels', { height: 16, width: 16, size: 16, augmentations: ['flip'], seed: 'seed' });
  const T = { dtype: attr.type('float32'), T: attr.type('int32'), Tseed: attr.type('int64') };
  const layer = f.math('AddV2', ['seed', f.constant(BigInt64Array.of(1n << 32n, 0n))], 'int64');
  const other = f.op('StatelessRandomUniform', [f.ints(4, 3), layer], T);
  const given = images(4, 16);
  const feeds = {
    pixels: { dtype: 'uint8' as const, values: given.pixels, shape: [4, 16, 16, 3] },
    seed: seedOf(1, 1),
  };
  const [own, others] = await runFragment(f, feeds, ['StatelessRandomUniform', other]);
  expect(own!.shape).toEqual([4, 3]);
  for (const value of own!.values) expect(others!.values).not.toContain(value);
});
