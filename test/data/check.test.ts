import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { checkImages } from '../../src/data/check.js';
import { imageFiles } from '../../src/data/images/index.js';
import { InputError } from '../../src/errors.js';
import { temporaryFolder } from '../weights/temporary-folder.js';

const { path: folder, write } = temporaryFolder();
const good = join(folder, 'good.jpg');

beforeAll(async () => {
  await sharp({ create: { width: 9, height: 7, channels: 3, background: 'blue' } }).toFile(good);
});

test('takes good images, and tells how far it is', async () => {
  const seen: [number, number][] = [];
  await checkImages(imageFiles(Array(1500).fill(good)), { onProgress: (...progress) => seen.push(progress) });
  expect(seen).toEqual([
    [1024, 1500],
    [1500, 1500],
  ]);
  await checkImages(imageFiles([]));
});

test('names the first bad one in the order given, whichever fails first, and what to do', async () => {
  const cut = write('a.png', (await sharp(good).png().toBuffer()).subarray(0, 20));
  const [text, empty] = [write('b.png', 'text'), write('c.jpg', '')];
  const check = checkImages(imageFiles([good, cut, text, empty, join(folder, 'absent.png')]), { workers: 3 });
  await expect(check).rejects.toThrow(InputError);
  await expect(check).rejects.toThrow(/^Cannot read the image .*a\.png: .*\. Replace it or remove it\.$/);
});

test.each(['text', '', '\xff\xd8\xff'])('%j is no image', async (content) => {
  const path = write('bad.jpg', Buffer.from(content, 'latin1'));
  await expect(checkImages(imageFiles([good, path]))).rejects.toThrow(/bad\.jpg/);
});

test('of many images, some that are spread over all of them', async () => {
  const totals = new Set<number>();
  await checkImages(imageFiles(Array(10_001).fill(good)), { onProgress: (_, total) => totals.add(total) });
  expect([...totals]).toEqual([2000]);
});
