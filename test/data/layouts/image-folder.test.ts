import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { namesOf } from '../../../src/data/images/index.js';
import { type LayoutOptions, loadPlace, type SplitOptions } from '../../../src/data/layouts/index.js';
import { testData } from '../../test-data.js';
import { temporaryFolder, write } from '../fixtures.js';

const loadImageFolder = (path: string, options: SplitOptions & Partial<LayoutOptions> = {}) =>
  loadPlace(path, { cache: '/nowhere', ...options });

/** Empty files: nothing is read while a task is loaded. */
function writeFiles(...paths: string[]): string {
  const folder = temporaryFolder();
  for (const path of paths) write(join(folder, path), '');
  return folder;
}
const pathsOf = ({ source }: Dataset, root: string) =>
  source.kind === 'encoded' ? [...namesOf(source.images)].map((path) => path.slice(root.length + 1)) : [];

test('reads train and val, classes and files sorted', async () => {
  const root = writeFiles('train/b/2.jpg', 'train/b/1.png', 'train/a/x.webp', 'val/a/y.jpg', 'val/b/z.jpg');
  const task = await loadImageFolder(root);
  expect(task.classes).toEqual(['a', 'b']);
  expect(pathsOf(task.train, root)).toEqual(['train/a/x.webp', 'train/b/1.png', 'train/b/2.jpg']);
  expect([...task.train.labels]).toEqual([0, 1, 1]);
  expect(pathsOf(task.test, root)).toEqual(['val/a/y.jpg', 'val/b/z.jpg']);
  expect([...task.test.labels]).toEqual([0, 1]);
  expect(task.isDivided).toBeUndefined();
});

test.each(['val', 'valid', 'validation', 'dev', 'eval', 'test', 'testing'])(
  '%s is the held-out split',
  async (name) => {
    const root = writeFiles('train/a/1.jpg', 'train/b/1.jpg', `${name}/a/1.jpg`, `${name}/b/1.jpg`);
    expect(pathsOf((await loadImageFolder(root)).test, root)).toEqual([`${name}/a/1.jpg`, `${name}/b/1.jpg`]);
  },
);

test('training and testing are splits, not two classes', async () => {
  const root = writeFiles(
    ...['training', 'testing'].flatMap((split) => [`${split}/a/1.jpg`, `${split}/b/1.jpg`]),
  );
  const task = await loadImageFolder(root);
  expect(task.classes).toEqual(['a', 'b']);
  expect(pathsOf(task.train, root)).toEqual(['training/a/1.jpg', 'training/b/1.jpg']);
  expect(pathsOf(task.test, root)).toEqual(['testing/a/1.jpg', 'testing/b/1.jpg']);
});

test('val goes before test', async () => {
  const root = writeFiles(
    ...['train', 'test', 'val'].flatMap((split) => [`${split}/a/1.jpg`, `${split}/b/1.jpg`]),
  );
  expect(pathsOf((await loadImageFolder(root)).test, root)).toEqual(['val/a/1.jpg', 'val/b/1.jpg']);
});

test('takes images at any depth, in any case, and nothing else', async () => {
  const endings = ['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff', 'JPG', 'TIFF'];
  const root = writeFiles(
    ...endings.map((ending, i) => `a/${i}.${ending}`),
    'a/deep/er/1.jpg',
    'a/.hidden.jpg',
    'a/.thumbs/1.jpg',
    'a/notes.txt',
    'a/jpg',
    'b/1.jpg',
    'b/2.jpg',
    '.git/1.jpg',
    'readme.md',
  );
  const task = await loadImageFolder(root);
  expect(task.classes).toEqual(['a', 'b']);
  expect(task.train.length + task.test.length).toBe(endings.length + 1 + 2);
});

test('a folder of class folders is split, seeded, each class in proportion', async () => {
  const names = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}/${i}.jpg`);
  const root = writeFiles(...names('a', 50), ...names('b', 20));
  const split = (seed: number, validationFraction = 0.2) =>
    loadImageFolder(root, { seed, validationFraction });
  const task = await split(0);
  expect(task.isDivided).toBe(true);
  expect([...task.test.labels].filter((label) => label === 0).length).toBe(10);
  expect([...task.test.labels].filter((label) => label === 1).length).toBe(4);
  const [train, heldOut] = [pathsOf(task.train, root), pathsOf(task.test, root)];
  expect(new Set([...train, ...heldOut]).size).toBe(70);
  expect(await split(0)).toEqual(task);
  expect(pathsOf((await split(1)).test, root)).not.toEqual(heldOut);
  expect((await split(1)).fingerprint).not.toBe(task.fingerprint);
  expect((await split(0, 0.5)).test.length).toBe(35);
  await expect(split(0, 1)).rejects.toThrow(
    'Expected a number between 0 and 1 for validation fraction, received 1.',
  );
});

test('a folder of images called train is a class', async () => {
  const root = writeFiles('train/1.jpg', 'train/2.jpg', 'plane/1.jpg', 'plane/2.jpg');
  expect((await loadImageFolder(root)).classes).toEqual(['plane', 'train']);
});

test('follows links that lead out where that is allowed, also those in a circle', async () => {
  const root = writeFiles('a/1.jpg', 'a/2.jpg');
  const elsewhere = writeFiles('1.jpg', '2.jpg');
  symlinkSync(elsewhere, join(root, 'b'));
  symlinkSync(join(root, 'a'), join(root, 'a/again'));
  symlinkSync(join(elsewhere, '1.jpg'), join(root, 'a/3.jpg'));
  await expect(loadImageFolder(root)).rejects.toThrow(/is a link out of .*--follow-links/);
  const task = await loadImageFolder(root, { followLinks: true });
  expect(task.train.length + task.test.length).toBe(5);
});

test('links that stay within are followed, one image that leads out is refused by name', async () => {
  const elsewhere = writeFiles('1.jpg');
  const root = writeFiles('a/1.jpg', 'a/2.jpg', 'b/1.jpg');
  symlinkSync(join(root, 'a/1.jpg'), join(root, 'b/2.jpg'));
  const task = await loadImageFolder(root);
  expect(task.train.length + task.test.length).toBe(4);
  symlinkSync(join(elsewhere, '1.jpg'), join(root, 'b/3.jpg'));
  await expect(loadImageFolder(root)).rejects.toThrow(
    /b\/3\.jpg is a link out of .*1\.jpg\. Allow such links/,
  );
});

test('a split that is a link out is refused as well, and one to the other stays within', async () => {
  const elsewhere = writeFiles('a/1.jpg', 'b/1.jpg');
  const root = writeFiles('train/a/1.jpg', 'train/b/1.jpg');
  symlinkSync(elsewhere, join(root, 'val'));
  await expect(loadImageFolder(root)).rejects.toThrow(/\/val is a link out of .*--follow-links/);
  expect((await loadImageFolder(root, { followLinks: true })).test.length).toBe(2);
  const same = writeFiles('train/a/1.jpg', 'train/b/1.jpg');
  symlinkSync('train', join(same, 'val'));
  expect((await loadImageFolder(same)).test.length).toBe(2);
});

test('a folder that is itself named by a link', async () => {
  const root = writeFiles('a/1.jpg', 'a/2.jpg', 'b/1.jpg');
  symlinkSync(join(root, 'b/1.jpg'), join(root, 'b/2.jpg'));
  const link = join(temporaryFolder(), 'link');
  symlinkSync(root, link);
  const task = await loadImageFolder(link);
  expect(task.train.length + task.test.length).toBe(4);
  expect(task.fingerprint).toBe((await loadImageFolder(root)).fingerprint);
});

test('paths are in the order of their whole texts, folders among files', async () => {
  const names = [
    'b/1.jpg',
    'b-c.jpg',
    'b.jpg',
    'b/a/1.jpg',
    'b/a.jpg',
    'b0.jpg',
    'B.jpg',
    'é.jpg',
    'b!/1.jpg',
  ];
  const files = ['train', 'val'].flatMap((split) => names.map((name) => `${split}/x/${name}`));
  const root = writeFiles(...files, 'train/y/1.jpg', 'val/y/1.jpg');
  const found = pathsOf((await loadImageFolder(root)).train, root);
  expect(found).toEqual([...files.filter((file) => file.startsWith('train')).sort(), 'train/y/1.jpg']);
});

describe('errors', () => {
  const errorOf = async (path: string) => {
    try {
      await loadImageFolder(path);
    } catch (error) {
      expect(error).toMatchObject({ name: 'InputError' });
      return (error as Error).message;
    }
    return 'no error';
  };

  test('a folder that does not exist, or is a file', async () => {
    expect(await errorOf('/nowhere/at/all')).toContain(
      "an existing folder for --task, received '/nowhere/at/all'",
    );
    expect(await errorOf(join(writeFiles('a.jpg'), 'a.jpg'))).toContain(
      'a.jpg is nothing that images are read from',
    );
  });

  test('no class folders', async () => {
    const empty = temporaryFolder();
    expect(await errorOf(empty)).toBe(
      `No class folders in ${empty}: it has no folders. Give the images of each class a folder of their own in it.`,
    );
    const loose = writeFiles('1.jpg');
    expect(await errorOf(loose)).toContain(
      `No class folders in ${loose}: its images are not in class folders.`,
    );
  });

  test('one class only', async () => {
    const root = writeFiles('a/1.jpg', 'a/2.jpg');
    expect(await errorOf(root)).toContain(
      `Only one class folder in ${root}: a. A classifier needs two classes or more.`,
    );
  });

  test('a class folder without images', async () => {
    const root = writeFiles('a/1.jpg', 'b/notes.txt');
    expect(await errorOf(root)).toBe(
      `The class folder ${join(root, 'b')} has no images (jpg, jpeg, png, webp, avif, gif, tif, tiff). Add some, or remove the folder.`,
    );
    const split = writeFiles('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg');
    mkdirSync(join(split, 'val/b'));
    expect(await errorOf(split)).toContain(`The class folder ${join(split, 'val/b')} has no images`);
  });

  test('classes that differ between the splits', async () => {
    const more = writeFiles('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg', 'val/c/1.jpg');
    expect(await errorOf(more)).toBe(
      `${join(more, 'val')} has classes that ${join(more, 'train')} lacks: c. Both need the same class folders.`,
    );
    const fewer = writeFiles(
      ...['a', 'b', 'c', 'd'].map((name) => `train/${name}/1.jpg`),
      'test/a/1.jpg',
      'test/b/1.jpg',
    );
    expect(await errorOf(fewer)).toBe(
      `${join(fewer, 'test')} lacks classes that ${join(fewer, 'train')} has: c, d. Both need the same class folders.`,
    );
  });

  test('train without a held-out split', async () => {
    const root = writeFiles('train/a/1.jpg', 'train/b/1.jpg');
    expect(await errorOf(root)).toBe(
      `${root} has train, but no val or test. Add one, or name ${join(root, 'train')} as the task to have it split.`,
    );
  });

  test('nothing that could be held out', async () => {
    const root = writeFiles('a/1.jpg', 'b/1.jpg');
    expect(await errorOf(root)).toContain(`Every class in ${root} has one image only`);
  });

  test('a link to nothing', async () => {
    const root = writeFiles('a/1.jpg', 'b/1.jpg');
    symlinkSync('/nowhere/at/all', join(root, 'b/2.jpg'));
    expect(await errorOf(root)).toBe(
      `${join(root, 'b/2.jpg')} is a link to nothing. Repair it or remove it.`,
    );
  });
});

test('a link to itself', async () => {
  const root = writeFiles('a/1.jpg', 'b/1.jpg');
  symlinkSync(join(root, 'b/2.jpg'), join(root, 'b/2.jpg'));
  await expect(loadImageFolder(root)).rejects.toThrow(/b\/2\.jpg is a link that cannot be followed: ELOOP/);
});

const photos = testData('photos');
const flowers = testData('flowers');

test.skipIf(!photos || !flowers)('real photographs', async () => {
  const task = await loadImageFolder(photos!);
  expect([task.classes.length, task.train.length, task.test.length]).toEqual([10, 600, 300]);
  expect(task.classes[0]).toBe('n01440764');
  const { classes, train, test: heldOut } = await loadImageFolder(flowers!);
  expect([classes.length, train.length, heldOut.length]).toEqual([5, 200, 100]);
});
