import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Task } from '../../src/data/dataset.js';
import { loadTask } from '../../src/data/tasks/index.js';
import { type ImageRef, inspectTask } from '../../src/inspect/index.js';
import { temporaryFolder, write } from '../data/fixtures.js';
import { testData } from '../test-data.js';
import { writeScenes } from './fixtures.js';

const names = (images: readonly ImageRef[]) => images.map(({ name }) => name);

test('planted copies are found: of the same bytes, encoded anew, resized and brighter ones', async () => {
  const root = temporaryFolder();
  const { train } = await writeScenes(root);
  copyFileSync(train[0]!, join(root, 'train/a/copy.png'));
  await sharp(train[1]!).jpeg({ quality: 40 }).toFile(join(root, 'train/a/encoded.jpg'));
  await sharp(train[2]!).resize(61).toFile(join(root, 'train/a/resized.png'));
  await sharp(train[3]!).linear(1.08, 3).toFile(join(root, 'train/a/brighter.png'));
  const { duplicates, leaks, labelConflicts } = await inspectTask(await loadTask(root));
  expect(duplicates.map(({ kind, images }) => [kind, ...names(images)])).toEqual([
    ['exact', 'train/a/0.png', 'train/a/copy.png'],
    ['near', 'train/a/1.png', 'train/a/encoded.jpg'],
    ['near', 'train/a/2.png', 'train/a/resized.png'],
    ['near', 'train/a/3.png', 'train/a/brighter.png'],
  ]);
  expect([leaks, labelConflicts]).toEqual([[], []]);
});

test('leaks are named with the training image that is most like them', async () => {
  const root = temporaryFolder();
  const { train } = await writeScenes(root);
  await sharp(train[5]!).resize(70).toFile(join(root, 'val/b/leak.png'));
  await sharp(train[5]!).linear(1.05, 0).toFile(join(root, 'train/b/also.png'));
  copyFileSync(join(root, 'train/b/also.png'), join(root, 'val/b/same.png'));
  const { leaks, duplicates } = await inspectTask(await loadTask(root));
  expect(leaks).toEqual([
    {
      kind: 'near',
      heldOut: { split: 'test', row: 4, class: 'b', name: 'val/b/leak.png' },
      training: { split: 'train', row: 5, class: 'b', name: 'train/b/1.png' },
    },
    {
      kind: 'exact',
      heldOut: { split: 'test', row: 5, class: 'b', name: 'val/b/same.png' },
      training: { split: 'train', row: 8, class: 'b', name: 'train/b/also.png' },
    },
  ]);
  expect(duplicates.map(({ kind, images }) => [kind, images.length])).toEqual([['near', 4]]);
});

test('copies of two classes are conflicts', async () => {
  const root = temporaryFolder();
  const { train, val } = await writeScenes(root);
  await sharp(train[0]!).jpeg().toFile(join(root, 'train/b/other.jpg'));
  copyFileSync(val[0]!, join(root, 'val/b/same.png'));
  const { labelConflicts } = await inspectTask(await loadTask(root));
  expect(labelConflicts.map(({ kind, images }) => [kind, ...names(images)])).toEqual([
    ['near', 'train/a/0.png', 'train/b/other.jpg'],
    ['exact', 'val/a/0.png', 'val/b/same.png'],
  ]);
});

test('images of one colour are copies only by their bytes', async () => {
  const root = temporaryFolder();
  await writeScenes(root);
  for (const [name, background] of Object.entries({ white: '#fff', black: '#000', red: '#f00' })) {
    const create = { width: 64, height: 64, channels: 3, background } as const;
    write(join(root, 'train/a', `${name}.png`), await sharp({ create }).png().toBuffer());
  }
  const { duplicates, suspicious } = await inspectTask(await loadTask(root));
  expect(duplicates).toEqual([]);
  expect(suspicious.map(({ kind, name }) => [kind, name])).toEqual([
    ['one-colour', 'train/a/black.png'],
    ['one-colour', 'train/a/red.png'],
    ['one-colour', 'train/a/white.png'],
  ]);
});

test('arrays: equal rows are found, and of tiny images only those', async () => {
  const digits = await loadTask('digits');
  const { source } = digits.test;
  if (source.kind !== 'array' || digits.train.source.kind !== 'array') throw new Error('digits are arrays');
  const pixels = source.pixels.slice();
  pixels.set(digits.train.source.pixels.subarray(0, 8 * 8 * 3), 2 * 8 * 8 * 3);
  const planted: Task = { ...digits, test: { ...digits.test, source: { ...source, pixels } } };
  const { leaks, duplicates, soughtNear } = await inspectTask(planted);
  expect(leaks.map(({ kind, heldOut, training }) => [kind, heldOut.name, training.name])).toEqual([
    ['exact', 'held-out image 2', 'training image 0'],
  ]);
  expect([duplicates.length, soughtNear]).toEqual([1, false]);
});

const photos = testData('photos');
const flowers = testData('flowers');

test.skipIf(!photos || !flowers)('no two of 1,200 photographs are taken for copies', async () => {
  for (const folder of [photos!, flowers!]) {
    const { duplicates, unreadable, suspicious } = await inspectTask(await loadTask(folder));
    expect([duplicates, unreadable, suspicious]).toEqual([[], [], []]);
  }
});

const cifar = testData('cifar10/cifar-10-batches-bin');

test.skipIf(!cifar)("CIFAR-10's known copies are found, and hardly anything else", async () => {
  const { duplicates } = await inspectTask(await loadTask('cifar10', { data: cifar }));
  expect(duplicates.map(({ images }) => names(images))).toContainEqual([
    'training image 3731',
    'held-out image 125',
  ]);
  expect(duplicates.length).toBeLessThan(6);
});
