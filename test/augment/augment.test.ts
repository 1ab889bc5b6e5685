import { describe, expect, test } from 'vitest';
import { decoderCrop } from '../../src/augment/index.js';
import { augmented, distance, imageOf, images } from './run-augment.js';

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

describe('vertical-flip', () => {
  test('gives each image as it is or upside down', async () => {
    const given = images(40, 6);
    const upsideDown = (image: readonly number[]) =>
      image.map((_, i) => image[(5 - Math.floor(i / 18)) * 18 + (i % 18)]!);
    const found = await augmented(given, { size: 6, augmentations: ['vertical-flip'] });
    const kinds = found.map((image, i) => {
      if (isEqual(image, imageOf(given, i))) return 'kept';
      return isEqual(image, upsideDown(imageOf(given, i))) ? 'turned' : 'neither';
    });
    expect(new Set(kinds)).toEqual(new Set(['kept', 'turned']));
  });
});

describe('random-resized-crop', () => {
  // The value of a pixel tells where it is: red its column, green its row.
  const side = 40;
  const map = images(200, side);
  map.pixels.forEach((_, i) => {
    const [y, x, c] = [Math.floor(i / (3 * side)) % side, Math.floor(i / 3) % side, i % 3];
    map.pixels[i] = [6 * x, 6 * y, 90][c]!;
  });
  /** Columns and rows that an image shows, from its first to its last sample. */
  const shown = (image: readonly number[], size: number) => {
    const at = (y: number, x: number) => [image[(y * size + x) * 3]! / 6, image[(y * size + x) * 3 + 1]! / 6];
    const [[left, top], [right, bottom]] = [at(0, 0), at(size - 1, size - 1)];
    return { left: left!, top: top!, width: right! - left!, height: bottom! - top! };
  };

  test('shows parts of the areas and shapes asked for, all over the image', async () => {
    const found = await augmented(map, { size: 40, augmentations: ['random-resized-crop:0.2:0.6'] });
    const parts = found.map((image) => shown(image, 40));
    for (const { left, top, width, height } of parts) {
      // Samples are at the middles of 40 equal steps: the part is 40 / 39 as large as they span.
      const [across, down] = [(width * 40) / 39, (height * 40) / 39];
      expect((across * down) / side ** 2).toBeGreaterThan(0.17);
      expect((across * down) / side ** 2).toBeLessThan(0.65);
      expect(across / down).toBeGreaterThan(0.7);
      expect(across / down).toBeLessThan(1.43);
      expect(left).toBeGreaterThanOrEqual(-0.01);
      expect(top).toBeGreaterThanOrEqual(-0.01);
      expect(left + width).toBeLessThanOrEqual(side - 1 + 0.01);
      expect(top + height).toBeLessThanOrEqual(side - 1 + 0.01);
    }
    const lefts = parts.map(({ left }) => left);
    expect(Math.min(...lefts)).toBeLessThan(2);
    expect(Math.max(...lefts)).toBeGreaterThan(12);
    const areas = parts.map(({ width, height }) => (width * height) / side ** 2);
    const mean = areas.reduce((a, b) => a + b) / areas.length;
    expect(Math.abs(mean - 0.39)).toBeLessThan(0.05);
  });

  test('where no part fits, the largest one of a shape within 3:4 and 4:3', async () => {
    // All of the area of an image that is twice as wide as high: every draw would stick out.
    const wide = images(3, 12, 24);
    wide.pixels.forEach((_, i) => {
      wide.pixels[i] = 6 * (Math.floor(i / 3) % 24);
    });
    const [image] = await augmented(wide, { size: 8, augmentations: ['random-resized-crop:1:1'] });
    // 16 of 24 columns, the middle: samples are 2 apart, from 4.5 on.
    const row = image!.slice(0, 24).filter((_, i) => i % 3 === 0);
    expect(
      distance(
        row,
        [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 6 * (4.5 + 2 * i)),
      ),
    ).toBeLessThan(0.01);
  });

  test("of files is the decoder's, and left out of the graph", async () => {
    const given = images(4, 10);
    const augmentations = ['random-resized-crop:0.3:0.9'];
    const found = await augmented(given, { size: 10, augmentations, decoded: true });
    expect(found).toEqual(found.map((_, i) => imageOf(given, i)));
    expect(decoderCrop(augmentations)).toEqual({ scale: [0.3, 0.9], ratio: [3 / 4, 4 / 3] });
    expect(decoderCrop(['flip'])).toBeUndefined();
  });
});
