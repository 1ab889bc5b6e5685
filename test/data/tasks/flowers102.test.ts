import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/data/images/index.js';
import { FLOWERS102, loadFlowers102 } from '../../../src/data/tasks/flowers102.js';
import { temporaryFolder, write } from '../fixtures.js';
import { matFile } from '../mat/write.js';
import { served, writeFlowers } from './image-sets.js';

const load = (data: string) => loadFlowers102(FLOWERS102, { data, cache: '/nowhere' });

test('trains on train and val, holds test out; labels belong to their images', async () => {
  const data = writeFlowers();
  const { name, classes, train, test: heldOut } = await load(data);
  expect([name, classes.length, train.length, heldOut.length]).toEqual(['flowers102', 102, 204, 102]);
  expect([classes[0], classes[50], classes[101]]).toEqual(['pink primrose', 'petunia', 'blackberry lily']);
  if (train.source.kind !== 'encoded' || heldOut.source.kind !== 'encoded') throw new Error('expected files');
  // Written from behind: train begins with image 306, val with 204, test with 102.
  expect(train.source.images.nameOf(0)).toBe(join(data, 'jpg/image_00306.jpg'));
  expect(train.source.images.nameOf(102)).toBe(join(data, 'jpg/image_00204.jpg'));
  expect(heldOut.source.images.nameOf(101)).toBe(join(data, 'jpg/image_00001.jpg'));
  for (const { labels, source } of [train, heldOut]) {
    if (source.kind !== 'encoded') throw new Error('expected files');
    [...namesOf(source.images)].forEach((file, row) => {
      expect(labels[row]).toBe((Number(/(\d{5})\.jpg$/.exec(file)![1]) - 1) % 102);
    });
  }
});

test('class names are each another', async () => {
  const { classes } = await load(writeFlowers());
  expect(new Set(classes).size).toBe(102);
});

test('downloads its three files once, and is the same task from a folder', async () => {
  const folder = writeFlowers();
  const { task: files, ranges } = await served(FLOWERS102, folder);
  const cache = temporaryFolder();
  const { fingerprint } = await loadFlowers102(files, { cache });
  expect((await loadFlowers102(files, { cache })).fingerprint).toBe(fingerprint);
  expect(ranges.length).toBe(3);
  expect((await load(folder)).fingerprint).toBe(fingerprint);
});

describe('errors', () => {
  test('an image that is missing', async () => {
    const data = writeFlowers();
    rmSync(join(data, 'jpg/image_00040.jpg'));
    await expect(load(data)).rejects.toThrow(
      `${join(data, 'setid.mat')} names ${join(data, 'jpg/image_00040.jpg')}, which is not there. Get the images again.`,
    );
  });

  test('a label that does not exist, and images without labels', async () => {
    const data = writeFlowers();
    const path = join(data, 'imagelabels.mat');
    write(path, matFile([{ name: 'labels', shape: [1, 2], values: Uint8Array.of(102, 103) }]));
    await expect(load(data)).rejects.toThrow(
      `${path} is not Oxford Flowers-102's: it holds the label 103 at 1`,
    );
    write(path, matFile([{ name: 'labels', shape: [1, 2], values: Uint8Array.of(1, 2) }]));
    await expect(load(data)).rejects.toThrow(
      `${join(data, 'setid.mat')} names the image 306, and ${path} has 2 labels: they do not belong together.`,
    );
  });

  test('another MATLAB file', async () => {
    const data = writeFlowers();
    const path = join(data, 'setid.mat');
    write(path, matFile([{ name: 'trnid', shape: [1, 1], values: Uint8Array.of(1) }]));
    await expect(load(data)).rejects.toThrow(
      `${path} cannot be read as a MATLAB file: it has no variable valid, tstid.`,
    );
  });

  test('files that are missing, and where to get them', async () => {
    const data = writeFlowers();
    rmSync(join(data, 'setid.mat'));
    await expect(load(data)).rejects.toThrow(
      `No Oxford Flowers-102 in ${data}: it lacks setid.mat. Put them there from https://www.robots.ox.ac.uk/~vgg/data/flowers/102/, or`,
    );
  });
});
