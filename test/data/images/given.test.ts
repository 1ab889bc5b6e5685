import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GivenImages } from '../../../src/data/images/index.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';

const folder = temporaryFolder();

test('images as they were given: paths, and images that are read otherwise', async () => {
  const file = folder.write('a.png', 'content');
  const bytes = Uint8Array.of(1, 2);
  const images = new GivenImages([file, { name: 'from memory', read: async () => bytes }]);
  expect(images.length).toBe(2);
  expect([images.nameOf(0), images.nameOf(1)]).toEqual([file, 'from memory']);
  expect(Buffer.from(await images.at(0).read()).toString()).toBe('content');
  expect(await images.at(1).read()).toBe(bytes);
  expect(images.at(0).path).toBe(file);
  expect(images.at(1).path).toBeUndefined();
  expect(images.stampOf(0)).toMatch(/a\.png 7 \d/);
  expect(images.stampOf(1)).toBe('from memory');
  const chosen = images.select(Int32Array.of(1, 0, 1));
  expect([0, 1, 2].map((row) => chosen.nameOf(row))).toEqual(['from memory', file, 'from memory']);
  await expect(new GivenImages([join(folder.path, 'none.png')]).at(0).read()).rejects.toThrow(
    /^Cannot read the image .*none\.png: ENOENT/,
  );
});
