import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, sharpDecoder } from '../../../src/data/decode/index.js';
import { imageFile } from '../../../src/data/images/index.js';
import { testData } from '../../test-data.js';
import { temporaryFolder, write, writeColour } from '../fixtures.js';

const COLOUR = [200, 100, 50] as const;

/** Pixel at row `y`, column `x` of a square. */
const pixel = (pixels: Uint8Array, side: number, y: number, x: number) => [
  ...pixels.subarray((y * side + x) * 3, (y * side + x) * 3 + 3),
];
const expectColour = (received: readonly number[], expected: readonly number[], tolerance: number) => {
  for (const [channel, value] of expected.entries()) {
    expect(Math.abs(received[channel]! - value), `${received} for ${expected}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
};
const raw16 = (values: readonly number[]) => ({
  data: Uint16Array.from({ length: 256 * values.length }, (_, i) => values[i % values.length]! * 257),
  raw: { width: 16, height: 16, channels: values.length as 1 | 2 | 3 | 4 },
});

describe('formats', () => {
  test.each(['a.jpg', 'a.JPEG', 'a.png', 'a.webp', 'a.avif', 'a.gif', 'a.tif', 'a.tiff'])(
    '%s',
    async (name) => {
      const file = await writeColour(join(temporaryFolder(), name), COLOUR);
      const pixels = await decodeImage(file, 8);
      expect(pixels.length).toBe(8 * 8 * 3);
      expectColour(pixel(pixels, 8, 0, 0), COLOUR, 4);
      expectColour(pixel(pixels, 8, 7, 7), COLOUR, 4);
    },
  );

  test('an animation gives its first frame', async () => {
    const frames = [COLOUR, [0, 0, 255]].map(([r, g, b]) => ({
      create: { width: 16, height: 16, channels: 3 as const, background: { r, g, b } },
    }));
    const inputs = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    const file = join(temporaryFolder(), 'a.gif');
    await sharp(inputs, { join: { animated: true } })
      .gif()
      .toFile(file);
    expect((await sharp(file).metadata()).pages).toBe(2);
    expectColour(pixel(await decodeImage(file, 8), 8, 4, 4), COLOUR, 2);
  });
});

describe('colour', () => {
  test.each(['a.png', 'a.jpg'])('grayscale becomes RGB: %s', async (name) => {
    const file = join(temporaryFolder(), name);
    const gray = sharp(Buffer.alloc(256, 90), { raw: { width: 16, height: 16, channels: 1 } }).toColourspace(
      'b-w',
    );
    await gray.toFile(file);
    expect((await sharp(file).metadata()).channels).toBe(1);
    expect(pixel(await decodeImage(file, 8), 8, 3, 3)).toEqual([90, 90, 90]);
  });

  test.each(['a.jpg', 'a.tiff'])('CMYK becomes RGB: %s', async (name) => {
    const file = join(temporaryFolder(), name);
    const muted = { r: 170, g: 120, b: 100 };
    await sharp({ create: { width: 16, height: 16, channels: 3, background: muted } })
      .toColourspace('cmyk')
      .toFile(file);
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    // There and back through the inks costs a few levels.
    expectColour(pixel(await decodeImage(file, 8), 8, 3, 3), [170, 120, 100], 8);
  });

  test.each(['a.png', 'a.tiff'])('16 bits become 8: %s', async (name) => {
    const { data, raw } = raw16(COLOUR);
    const file = join(temporaryFolder(), name);
    // JPEG within TIFF, sharp's default, has 8 bits.
    const image = sharp(data, { raw }).toColourspace('rgb16');
    await (name === 'a.tiff' ? image.tiff({ compression: 'deflate' }) : image).toFile(file);
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    expect(pixel(await decodeImage(file, 8), 8, 3, 3)).toEqual([...COLOUR]);
  });

  test('16-bit grayscale becomes 8-bit RGB', async () => {
    const { data, raw } = raw16([90]);
    const file = join(temporaryFolder(), 'a.png');
    await sharp(data, { raw }).toColourspace('grey16').toFile(file);
    expect(pixel(await decodeImage(file, 8), 8, 3, 3)).toEqual([90, 90, 90]);
  });

  test('transparency shows white', async () => {
    const file = join(temporaryFolder(), 'a.png');
    for (const [alpha, expected] of [
      [1, [200, 100, 50]],
      [0.5, [227, 177, 152]],
      [0, [255, 255, 255]],
    ] as const) {
      const background = { r: 200, g: 100, b: 50, alpha };
      await sharp({ create: { width: 16, height: 16, channels: 4, background } }).toFile(file);
      expectColour(pixel(await decodeImage(file, 8), 8, 3, 3), expected, 1);
    }
    const { data, raw } = raw16([90, 255]);
    await sharp(data, { raw }).toColourspace('grey16').toFile(file);
    expect(pixel(await decodeImage(file, 8), 8, 3, 3)).toEqual([90, 90, 90]);
  });
});

describe('geometry', () => {
  /** 32 x 16: red, green, blue and white from left to right, 8 columns each. */
  const STRIPES = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  const stripes = () =>
    sharp(
      Uint8Array.from(
        { length: 32 * 16 * 3 },
        (_, i) => STRIPES[Math.floor((Math.floor(i / 3) % 32) / 8)]![i % 3]!,
      ),
      { raw: { width: 32, height: 16, channels: 3 } },
    );

  test('a centre crop with fraction 1 keeps the largest square', async () => {
    const file = join(temporaryFolder(), 'a.png');
    await stripes().toFile(file);
    const pixels = await decodeImage(file, 16, { cropFraction: 1 });
    expect([0, 7, 8, 15].map((x) => pixel(pixels, 16, 8, x))).toEqual([1, 1, 2, 2].map((i) => STRIPES[i]));
  });

  test('a centre crop with a smaller fraction keeps that part of the shorter side', async () => {
    const file = join(temporaryFolder(), 'a.png');
    // 16 x 16 with a border of 2: with fraction 12 / 16, the shorter side stays 16 and the 12 inside are cut out.
    const inner = await sharp({ create: { width: 12, height: 12, channels: 3, background: '#c86432' } })
      .png()
      .toBuffer();
    await sharp({ create: { width: 16, height: 16, channels: 3, background: '#000' } })
      .composite([{ input: inner, left: 2, top: 2 }])
      .toFile(file);
    const pixels = await decodeImage(file, 12, { cropFraction: 0.75 });
    expect(
      new Set(Array.from({ length: 144 }, (_, i) => pixel(pixels, 12, Math.floor(i / 12), i % 12).join())),
    ).toEqual(new Set(['200,100,50']));
    expect(pixel(await decodeImage(file, 16, { cropFraction: 1 }), 16, 0, 0)).toEqual([0, 0, 0]);
  });

  test('squash keeps all of the image', async () => {
    const file = join(temporaryFolder(), 'a.png');
    await stripes().toFile(file);
    const pixels = await decodeImage(file, 16, { resize: 'squash' });
    for (const [i, x] of [1, 6, 9, 14].entries()) expectColour(pixel(pixels, 16, 8, x), STRIPES[i]!, 30);
  });

  test.each([
    [1, [0, 0], [0, 255]],
    [3, [255, 255], [255, 0]],
    [6, [255, 0], [0, 0]],
    [8, [0, 255], [255, 255]],
    [2, [0, 255], [0, 0]],
  ])('EXIF orientation %i is applied', async (orientation, topLeft, topRight) => {
    // Red grows downwards and green to the right, in quadrants, before the orientation is applied.
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => {
      const [row, column] = [Math.floor(i / 48), Math.floor(i / 3) % 16];
      return [row < 8 ? 0 : 255, column < 8 ? 0 : 255, 0][i % 3]!;
    });
    const file = join(temporaryFolder(), 'a.jpg');
    await sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toFile(file);
    const pixels = await decodeImage(file, 16, { cropFraction: 1 });
    expectColour(pixel(pixels, 16, 0, 0), [...quadrant(topLeft)], 5);
    expectColour(pixel(pixels, 16, 0, 15), [...quadrant(topRight)], 5);
  });
  const quadrant = ([red, green]: readonly number[]) => [red!, green!, 0];

  test('a large JPEG, shrunk while it is decoded, looks like the same image in PNG', async () => {
    const folder = temporaryFolder();
    const gradient = sharp(
      Uint8Array.from(
        { length: 800 * 600 * 3 },
        (_, i) => [(i / 3) % 800, i / 2400, 128][i % 3]! / (i % 3 ? 2.4 : 3.2),
      ),
      { raw: { width: 800, height: 600, channels: 3 } },
    );
    await gradient.clone().jpeg({ quality: 95 }).toFile(join(folder, 'a.jpg'));
    await gradient.clone().png().toFile(join(folder, 'a.png'));
    const [jpeg, png] = await Promise.all(
      ['a.jpg', 'a.png'].map((name) => decodeImage(join(folder, name), 64)),
    );
    const difference = jpeg!.reduce((sum, value, i) => sum + Math.abs(value - png![i]!), 0) / jpeg!.length;
    expect(difference).toBeLessThan(2);
  });
});

describe('sharpDecoder', () => {
  test('writes into its slot and nowhere else', async () => {
    const file = await writeColour(join(temporaryFolder(), 'a.png'), COLOUR);
    const memory = new Uint8Array(3 * 4 * 4 * 3).fill(7);
    await sharpDecoder().decode(imageFile(file), memory.subarray(48, 96), { imageSize: 4 });
    expect([...memory.subarray(0, 48), ...memory.subarray(96)].every((value) => value === 7)).toBe(true);
    expect([...memory.subarray(48, 96)]).toEqual(Array.from({ length: 48 }, (_, i) => COLOUR[i % 3]));
  });

  test('refuses wrong options at once', () => {
    expect(() => sharpDecoder({ cropFraction: 0 })).toThrow(
      'Expected a number above 0 and up to 1 for crop fraction, received 0.',
    );
    expect(() => sharpDecoder({ resize: 'stretch' as 'squash' })).toThrow(
      "Expected center-crop or squash for resize, received 'stretch'.",
    );
  });
});

describe('images that cannot be read', () => {
  const jpeg = () =>
    sharp({
      create: {
        width: 200,
        height: 200,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();

  test.each([
    ['a truncated JPEG', async () => (await jpeg()).subarray(0, 3000), 'premature end of JPEG image'],
    ['an empty file', async () => Buffer.alloc(0), 'it is empty'],
    ['a text file', async () => Buffer.from('not an image'), "it begins with 'not an image'"],
    ['a drawing', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'it is no JPEG'],
  ])('%s: the path and the reason', async (_, content, reason) => {
    const file = write(join(temporaryFolder(), 'bad.jpg'), await content());
    const error = await decodeImage(file, 8).catch((e: Error) => e);
    expect(error).toMatchObject({ name: 'InputError', message: expect.stringContaining(reason) });
    expect((error as Error).message).toMatch(`Cannot read the image ${file}: `);
    expect((error as Error).message).toMatch(/Replace it or remove it\.$/);
  });

  test('a file that is not there', async () => {
    await expect(decodeImage('/nowhere/a.jpg', 8)).rejects.toThrow('Cannot read the image /nowhere/a.jpg');
  });

  test('stray bytes between the segments of a JPEG, or after its end, do no harm', async () => {
    const image = await jpeg();
    // 2 bytes of start marker, 2 of the first segment's marker, then its length.
    const second = 4 + image.readUInt16BE(4);
    const stray = Buffer.from([0, 1, 2, 3]);
    const content = Buffer.concat([image.subarray(0, second), stray, image.subarray(second), stray]);
    const expected = await decodeImage(write(join(temporaryFolder(), 'a.jpg'), image), 8);
    expect(await decodeImage(write(join(temporaryFolder(), 'b.jpg'), content), 8)).toEqual(expected);
  });
});

const photos = testData('photos/val');

describe.skipIf(!photos)('real photographs', () => {
  test('their own size with fraction 1 gives their own pixels, grayscale ones too', async () => {
    const files = readdirSync(photos!).flatMap((wnid) =>
      readdirSync(join(photos!, wnid))
        .slice(0, 5)
        .map((name) => join(photos!, wnid, name)),
    );
    expect(files.length).toBe(50);
    for (const file of files) {
      const expected = await sharp(readFileSync(file)).toColourspace('srgb').raw().toBuffer();
      const pixels = await decodeImage(file, 224, { cropFraction: 1 });
      expect(Buffer.compare(expected, pixels), file).toBe(0);
    }
  });
});
