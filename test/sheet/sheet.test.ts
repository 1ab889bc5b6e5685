import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawSheet, escaped, sheetSize, shortened } from '../../src/sheet/index.js';
import { scene } from '../inspect/fixtures.js';

test('a sheet shows its pictures where they belong, and their names below', async () => {
  const picture = await sharp(await scene(1))
    .resize(50)
    .toBuffer();
  const options = { title: 'T', subtitle: 'S', columns: 2, side: 50 };
  const cells = [
    { picture, caption: '<&>.png' },
    { picture, caption: '' },
    { caption: 'gone', note: 'n' },
  ];
  const png = await drawSheet(cells, options);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = sheetSize(3, options);
  expect([info.width, info.height]).toEqual([width, height]);
  expect([width, height]).toEqual([20 + 50 + 14 + 50 + 20, 20 + 56 + 2 * (50 + 34) + 14 + 20]);
  const cut = async (left: number, top: number) =>
    sharp(data, { raw: info }).extract({ left, top, width: 50, height: 50 }).raw().toBuffer();
  const expected = await sharp(picture).raw().toBuffer();
  const difference = async (left: number, top: number) => {
    const shown = await cut(left, top);
    return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - shown[i]!)), 0);
  };
  expect(await difference(20, 76)).toBeLessThanOrEqual(1);
  expect(await difference(84, 76)).toBeLessThanOrEqual(1);
  expect(await difference(20, 76 + 98)).toBeGreaterThan(50);
});

test('a title and captions are drawn', async () => {
  const blank = { columns: 1, side: 100 };
  const drawn = async (caption: string) => (await drawSheet([{ caption }], blank)).toString('base64');
  expect(await drawn('name.png')).not.toBe(await drawn(''));
});

test('texts are shortened in their middle and escaped', () => {
  expect(shortened('short.png', 144, 11)).toBe('short.png');
  const text = shortened(`${'a'.repeat(40)}123.png`, 144, 11);
  expect(text).toMatch(/^a+…a+123\.png$/);
  expect([...text]).toHaveLength(Math.floor(144 / (0.63 * 11)));
  expect(escaped(`<a href="x">&'\u0000`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd');
});

test('a third line makes room for itself', async () => {
  const options = { columns: 1, side: 100 };
  expect(sheetSize(2, { ...options, lines: 3 }).height - sheetSize(2, options).height).toBe(2 * 14);
  const drawn = async (detail: string) =>
    drawSheet([{ caption: 'a', note: 'b', detail }], { ...options, lines: 3 });
  expect((await drawn('name.png')).equals(await drawn(''))).toBe(false);
});
