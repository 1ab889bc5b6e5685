import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { checkImages } from '../../../src/data/check.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { IMAGENETTE, IMAGENETTE_160, loadImagenette } from '../../../src/data/tasks/imagenette.js';
import { testData } from '../../test-data.js';
import { temporaryFolder, write } from '../fixtures.js';
import { IMAGENETTE_WNIDS, served, writeImagenette } from './image-sets.js';

const load = (data: string) => loadImagenette(IMAGENETTE, { data, cache: '/nowhere' });

function imagesOf({ source }: Dataset) {
  if (source.kind !== 'encoded') throw new Error('expected files');
  return source.images;
}

test('classes by their names, in the order of ImageNet; files by theirs', async () => {
  const data = writeImagenette();
  const task = await load(data);
  expect(task.classes).toEqual([
    'tench',
    'English springer',
    'cassette player',
    'chain saw',
    'church',
    'French horn',
    'garbage truck',
    'gas pump',
    'golf ball',
    'parachute',
  ]);
  expect([task.name, task.train.length, task.test.length]).toEqual(['imagenette', 20, 10]);
  expect([...task.train.labels].slice(0, 5)).toEqual([0, 0, 1, 1, 2]);
  expect([...task.test.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(imagesOf(task.train).nameOf(2)).toBe(join(data, 'imagenette2/train/n02102040/n02102040_12.JPEG'));
});

test('the folder itself may be named, and what is none of the images is left alone', async () => {
  const data = writeImagenette();
  const { fingerprint } = await load(data);
  for (const name of ['.DS_Store', '._n01440764_7.JPEG', 'notes.txt'])
    write(join(data, 'imagenette2/train/n01440764', name), '');
  write(join(data, 'imagenette2/train/more/1.JPEG'), '');
  expect((await load(join(data, 'imagenette2'))).fingerprint).toBe(fingerprint);
});

test('downloads its own size', async () => {
  const { task: files, ranges } = await served(IMAGENETTE_160, writeImagenette(undefined, 'imagenette2-160'));
  const cache = temporaryFolder();
  const task = await loadImagenette(files, { cache });
  expect([task.name, task.train.length]).toEqual(['imagenette-160', 20]);
  expect(relative(cache, imagesOf(task.test).nameOf(0))).toMatch(
    /^data.imagenette.imagenette2-160.val.n01440764.ILSVRC2012_val_00000764\.JPEG$/,
  );
  expect(ranges.length).toBe(1);
});

test('class folders that are missing or empty', async () => {
  const data = writeImagenette();
  const [train, val] = [join(data, 'imagenette2/train'), join(data, 'imagenette2/val')];
  rmSync(join(val, 'n03888257'), { recursive: true });
  await expect(load(data)).rejects.toThrow(`${val} lacks 1 of 10 class folders: n03888257. Get them again`);
  rmSync(join(train, 'n01440764/n01440764_12.JPEG'));
  rmSync(join(train, 'n01440764/n01440764_7.JPEG'));
  await expect(load(data)).rejects.toThrow(
    `The class folder ${join(train, 'n01440764')} has no images. Get them again.`,
  );
});

const photos = testData('photos');

test.skipIf(photos === undefined)('real photographs in this layout can be read', async () => {
  const task = await load(photos!);
  expect([task.train.length, task.test.length]).toEqual([600, 300]);
  const labels = [...task.test.labels];
  expect(IMAGENETTE_WNIDS.map((_, label) => labels.filter((each) => each === label).length)).toEqual(
    Array(10).fill(30),
  );
  await checkImages(imagesOf(task.test));
});
