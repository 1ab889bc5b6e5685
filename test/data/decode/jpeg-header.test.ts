import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readJpegHeader } from '../../../src/data/decode/index.js';

const picture = () =>
  sharp({ create: { width: 37, height: 21, channels: 3, background: { r: 200, g: 100, b: 50 } } });

test('size, components and kind', async () => {
  const plain = { width: 37, height: 21, components: 3, baseline: true, orientation: 1, profiled: false };
  expect(readJpegHeader(await picture().jpeg().toBuffer())).toEqual(plain);
  expect(readJpegHeader(await picture().jpeg({ progressive: true }).toBuffer())).toEqual({
    ...plain,
    baseline: false,
  });
  expect(readJpegHeader(await picture().toColourspace('b-w').jpeg().toBuffer())).toMatchObject({
    components: 1,
  });
  expect(readJpegHeader(await picture().toColourspace('cmyk').jpeg().toBuffer())).toMatchObject({
    components: 4,
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
  const content = await picture().withMetadata({ orientation }).jpeg().toBuffer();
  expect(readJpegHeader(content)).toMatchObject({ orientation, width: 37, height: 21 });
});

test('a profile of sRGB is none that matters, another one is', async () => {
  expect(readJpegHeader(await picture().withIccProfile('srgb').jpeg().toBuffer())).toMatchObject({
    profiled: false,
  });
  expect(readJpegHeader(await picture().withIccProfile('p3').jpeg().toBuffer())).toMatchObject({
    profiled: true,
  });
});

test('what is no JPEG, or ends too early, has no header; nothing throws', async () => {
  const content = await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const scan = content.indexOf(Buffer.from([0xff, 0xda]));
  for (let end = 0; end < scan; end++) expect(readJpegHeader(content.subarray(0, end))).toBeUndefined();
  expect(readJpegHeader(await picture().png().toBuffer())).toBeUndefined();
  expect(readJpegHeader(Buffer.from('a text'))).toBeUndefined();
});

test('damage in the header gives an answer or none, and never throws', async () => {
  const content = await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  for (let at = 0; at < Math.min(400, content.length); at++) {
    for (const value of [0, 0x7f, 0xff]) {
      const damaged = Buffer.from(content);
      damaged[at] = value;
      expect(() => readJpegHeader(damaged)).not.toThrow();
    }
  }
});
