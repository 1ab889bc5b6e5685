import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  type Box,
  checkCrop,
  cropBox,
  cropOf,
  type RandomResizedCrop,
  sharpDecoder,
} from '../../../src/data/decode/index.js';
import { imageFile } from '../../../src/data/images/index.js';
import { Random } from '../../../src/data/random.js';
import { temporaryFolder } from '../fixtures.js';

const draw = (width: number, height: number, n: number, options?: RandomResizedCrop): Box[] => {
  const random = Random.seeded(11);
  return Array.from({ length: n }, () => cropBox(width, height, random, options));
};
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};
/** Largest distance of the distribution of `values` from the uniform one in 0..1 (Kolmogorov and Smirnov). */
const fromUniform = (values: readonly number[]) =>
  Math.max(
    ...values.toSorted((a, b) => a - b).map((value, i) => Math.abs((i + 0.5) / values.length - value)),
  );

describe('cropBox', () => {
  test.each([
    [1, 1],
    [1, 2],
    [2, 1],
    [3, 5],
    [1, 1000],
    [1000, 1],
    [20, 1000],
    [500, 375],
  ])('%i x %i: inside the image, never empty', (width, height) => {
    for (const box of draw(width, height, 500)) {
      for (const value of Object.values(box)) expect(Number.isInteger(value)).toBe(true);
      expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
    }
  });

  test('area, logarithm of the shape, and place are uniform', () => {
    // No draw of these ranges is larger than the image, so none is drawn again.
    const boxes = draw(2000, 2000, 4000, { scale: [0.1, 0.5], ratio: [3 / 4, 4 / 3] });
    const range = Math.log(4 / 3);
    // A distance of 0.031 is passed by chance once in a thousand seeds.
    for (const values of [
      boxes.map(({ width, height }) => (width * height) / 2000 ** 2).map((area) => (area - 0.1) / 0.4),
      boxes.map(({ width, height }) => (Math.log(width / height) + range) / (2 * range)),
      boxes.map(({ left, width }) => left / (2000 - width)),
      boxes.map(({ top, height }) => top / (2000 - height)),
    ]) {
      expect(fromUniform(values)).toBeLessThan(0.031);
    }
  });

  // Means and deviations over 100,000 draws and more of torchvision's RandomResizedCrop.get_params.
  test.each<[number, number, RandomResizedCrop, Record<string, number>]>([
    [
      500,
      375,
      {},
      {
        area: 0.4327,
        areaDeviation: 0.2162,
        shape: 0.0303,
        shapeDeviation: 0.1643,
        left: 0.2188,
        top: 0.1399,
      },
    ],
    [
      400,
      100,
      {},
      {
        area: 0.1922,
        areaDeviation: 0.0758,
        shape: 0.0693,
        shapeDeviation: 0.1723,
        left: 0.3862,
        top: 0.0869,
      },
    ],
  ])(
    '%i x %i: as torchvision draws it, draws that do not fit included',
    (width, height, options, expected) => {
      const boxes = draw(width, height, 20_000, options);
      const areas = boxes.map((box) => (box.width * box.height) / (width * height));
      const shapes = boxes.map((box) => Math.log(box.width / box.height));
      const found: Record<string, number> = {
        area: mean(areas),
        areaDeviation: deviation(areas),
        shape: mean(shapes),
        shapeDeviation: deviation(shapes),
        left: mean(boxes.map(({ left }) => left)) / width,
        top: mean(boxes.map(({ top }) => top)) / height,
      };
      for (const [name, value] of Object.entries(expected)) expect(found[name], name).toBeCloseTo(value, 2);
    },
  );

  test('what never fits becomes the largest centred part of a shape that is allowed', () => {
    expect(draw(1000, 20, 1, { scale: [0.9, 1] })).toEqual([{ left: 486, top: 0, width: 27, height: 20 }]);
    expect(draw(20, 1000, 1, { scale: [0.9, 1] })).toEqual([{ left: 0, top: 486, width: 20, height: 27 }]);
    const whole = { left: 0, top: 0, width: 7, height: 7 };
    expect(draw(7, 7, 3, { scale: [1, 1], ratio: [1, 1] })).toEqual([whole, whole, whole]);
  });
});

describe('cropOf', () => {
  const crop = { seed: 3, epoch: 2 };
  const boxOf = (row: number, changes = {}) => cropOf(row, { ...crop, ...changes })(500, 375);

  test('is the same for the same seed, epoch and row, and another for another', () => {
    expect(boxOf(7)).toEqual(boxOf(7));
    // Written down once: crops that change between versions would break resuming.
    expect(boxOf(7)).toEqual({ left: 106, top: 121, width: 218, height: 246 });
    const others = [boxOf(7), boxOf(8), boxOf(7, { epoch: 3 }), boxOf(7, { seed: 4 })];
    expect(new Set(others.map((box) => JSON.stringify(box))).size).toBe(4);
  });

  test('takes scale and ratio', () => {
    expect(boxOf(0, { scale: [1, 1], ratio: [4 / 3, 4 / 3] })).toEqual({
      left: 0,
      top: 0,
      width: 500,
      height: 375,
    });
  });
});

test.each<[RandomResizedCrop, string]>([
  [
    { scale: [0, 1] },
    "Expected two rising numbers above 0 and up to 1 for the scale of a crop, received '0 to 1'.",
  ],
  [
    { scale: [0.5, 0.2] },
    "Expected two rising numbers above 0 and up to 1 for the scale of a crop, received '0.5 to 0.2'.",
  ],
  [
    { scale: [0.5, 1.5] },
    "Expected two rising numbers above 0 and up to 1 for the scale of a crop, received '0.5 to 1.5'.",
  ],
  [{ ratio: [2, 1] }, "Expected two rising numbers above 0 for the ratio of a crop, received '2 to 1'."],
  [{ ratio: [0, 1] }, "Expected two rising numbers above 0 for the ratio of a crop, received '0 to 1'."],
])('checkCrop refuses %o', (options, message) => {
  expect(() => checkCrop(options)).toThrow(message);
});

describe('decoding a part', () => {
  /** `width` x `height`; red tells the column, green the row, as parts of 255. */
  const gradient = (width: number, height: number) =>
    sharp(
      Uint8Array.from({ length: width * height * 3 }, (_, i) => {
        const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
        return [(255 * x) / (width - 1), (255 * y) / (height - 1), 0][i % 3]!;
      }),
      { raw: { width, height, channels: 3 } },
    );
  const lossless = { quality: 100, chromaSubsampling: '4:4:4' };

  async function decode(file: string, imageSize: number, box: Box | ReturnType<typeof cropOf>) {
    const slot = new Uint8Array(imageSize * imageSize * 3);
    const seen: number[][] = [];
    const crop = (width: number, height: number) => {
      seen.push([width, height]);
      return typeof box === 'function' ? box(width, height) : box;
    };
    await sharpDecoder().decode(imageFile(file), slot, { imageSize, crop });
    expect(seen).toHaveLength(1);
    return { pixels: slot, size: seen[0]! };
  }
  const difference = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

  test('at its own size, a part has its own pixels', async () => {
    const file = join(temporaryFolder(), 'a.png');
    await gradient(64, 48).toFile(file);
    const box = { left: 30, top: 11, width: 16, height: 16 };
    const { pixels, size } = await decode(file, 16, box);
    expect(size).toEqual([64, 48]);
    const expected = await gradient(64, 48).extract(box).raw().toBuffer();
    expect(Buffer.compare(pixels, expected)).toBe(0);
  });

  test('a part of another shape is stretched to the square', async () => {
    const file = join(temporaryFolder(), 'a.png');
    await gradient(64, 48).toFile(file);
    const { pixels } = await decode(file, 8, { left: 16, top: 0, width: 32, height: 8 });
    // Columns 16..47 of 64 lie four to a pixel, rows one to one.
    for (const x of [1, 4, 6])
      expect(Math.abs(pixels[3 * (8 * 3 + x)]! - (255 * (17.5 + 4 * x)) / 63)).toBeLessThan(2);
    for (const y of [0, 3, 7]) expect(pixels[3 * (8 * y) + 1]).toBe(Math.floor((255 * y) / 47));
  });

  test('nothing outside the part shows at its edges', async () => {
    const file = join(temporaryFolder(), 'a.png');
    const inner = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#c86432' } })
      .png()
      .toBuffer();
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#000' } })
      .composite([{ input: inner, left: 10, top: 5 }])
      .toFile(file);
    const { pixels } = await decode(file, 12, { left: 10, top: 5, width: 20, height: 20 });
    expect(new Set(Array.from({ length: 144 }, (_, i) => pixels.subarray(3 * i, 3 * i + 3).join()))).toEqual(
      new Set(['200,100,50']),
    );
  });

  test('a large part of a JPEG, reduced while it is decoded, shows what it would otherwise', async () => {
    const folder = temporaryFolder();
    await gradient(801, 603).jpeg(lossless).toFile(join(folder, 'a.jpg'));
    await gradient(801, 603).png().toFile(join(folder, 'a.png'));
    for (const box of [
      { left: 333, top: 77, width: 301, height: 405 },
      { left: 0, top: 0, width: 801, height: 603 },
      { left: 1, top: 602 - 128, width: 800, height: 129 },
    ]) {
      const [jpeg, png] = await Promise.all(
        ['a.jpg', 'a.png'].map((name) => decode(join(folder, name), 64, box)),
      );
      // A pixel of the result spans 255 * 12.5 / 800 = 4 levels across and as many down, at most.
      expect(difference(jpeg!.pixels, png!.pixels)).toBeLessThan(4);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'EXIF orientation %i: the part is one of the image as it is shown, small or reduced',
    async (orientation) => {
      const folder = temporaryFolder();
      const file = join(folder, 'a.jpg');
      await gradient(400, 200).withMetadata({ orientation }).jpeg(lossless).toFile(file);
      const shown = await sharp(file, { autoOrient: true }).png().toBuffer();
      const sides = orientation >= 5 ? [200, 400] : [400, 200];
      for (const box of [
        { left: 20, top: 110, width: 40, height: 60 },
        { left: 15, top: 5, width: 150, height: 180 },
      ]) {
        const { pixels, size } = await decode(file, 32, box);
        expect(size).toEqual(sides);
        const expected = await sharp(shown).extract(box).resize(32, 32, { fit: 'fill' }).raw().toBuffer();
        expect(difference(pixels, expected)).toBeLessThan(8);
      }
    },
  );

  test.each([
    [1, 1],
    [1, 5],
    [3, 2],
  ])('an image of %i x %i', async (width, height) => {
    const file = join(temporaryFolder(), 'a.png');
    const background = { r: 200, g: 100, b: 50 };
    await sharp({ create: { width, height, channels: 3, background } }).toFile(file);
    const { pixels } = await decode(file, 8, cropOf(0, { seed: 0, epoch: 0 }));
    expect([...pixels]).toEqual(new Array(64).fill([200, 100, 50]).flat());
  });

  test('a file that cannot be read is named', async () => {
    const missing = join(temporaryFolder(), 'none.jpg');
    const whole = cropOf(0, { seed: 0, epoch: 0 });
    await expect(
      sharpDecoder().decode(imageFile(missing), new Uint8Array(192), { imageSize: 8, crop: whole }),
    ).rejects.toThrow(`Cannot read the image ${missing}: `);
  });
});
