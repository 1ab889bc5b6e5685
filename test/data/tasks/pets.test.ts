import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPets, PETS } from '../../../src/data/tasks/pets.js';
import { temporaryFolder, write } from '../fixtures.js';
import { served, writePets } from './image-sets.js';

const load = (data: string) => loadPets(PETS, { data, cache: '/nowhere' });

test('breeds by the names of the files, in the order of their numbers', async () => {
  const data = writePets();
  const { name, classes, train, test: heldOut } = await load(data);
  expect([name, classes.length]).toEqual(['pets', 37]);
  expect(classes.slice(0, 3)).toEqual(['Abyssinian', 'American Bulldog', 'Cat Number 0']);
  expect([train.length, heldOut.length]).toEqual([37, 74]);
  expect([...heldOut.labels].slice(0, 4)).toEqual([0, 0, 1, 1]);
  if (heldOut.source.kind !== 'encoded') throw new Error('expected files');
  expect(heldOut.source.images.nameOf(3)).toBe(join(data, 'images/american_bulldog_11.jpg'));
});

test('downloads two archives', async () => {
  const folder = writePets();
  const { task: files, ranges } = await served(PETS, folder);
  const { fingerprint } = await loadPets(files, { cache: temporaryFolder() });
  expect(ranges.length).toBe(2);
  expect((await load(folder)).fingerprint).toBe(fingerprint);
});

describe('errors', () => {
  test.each([
    ['no image and number', 'Abyssinian_3\n', 'line 1', "like 'Abyssinian_100 1 1 1'"],
    ['the number 0', '# heading\n\nAbyssinian_3 0 1 1\n', 'line 3', "received 'Abyssinian_3 0 1 1'"],
    ["another breed's number", 'Abyssinian_3 2 1 1\n', 'line 1', 'which is that of American Bulldog'],
    ['an image that is not there', 'Abyssinian_4 1 1 1\n', 'line 1', 'Abyssinian_4.jpg, which is not there'],
  ])('%s', async (_, content, line, problem) => {
    const data = writePets();
    const list = write(join(data, 'annotations/test.txt'), content);
    await expect(load(data)).rejects.toThrow(`${list}, ${line}`);
    await expect(load(data)).rejects.toThrow(problem);
  });

  test('a number without images, and lists without any', async () => {
    const data = writePets();
    for (const [name, content] of [
      ['trainval', 'Abyssinian_3 1 1 1\n'],
      ['test', 'cat_number_1_3 4 1 1\n'],
    ] as const)
      write(join(data, `annotations/${name}.txt`), content);
    await expect(load(data)).rejects.toThrow(`${join(data, 'annotations')} has no images of the breed 2.`);
    write(join(data, 'annotations/test.txt'), '');
    await expect(load(data)).rejects.toThrow(`${join(data, 'images')} has no images held out.`);
    rmSync(join(data, 'annotations/test.txt'));
    await expect(load(data)).rejects.toThrow(`Cannot read ${join(data, 'annotations/test.txt')}: ENOENT`);
  });
});
