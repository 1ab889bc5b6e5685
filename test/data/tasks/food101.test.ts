import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FOOD101, loadFood101 } from '../../../src/data/tasks/food101.js';
import { temporaryFolder, write } from '../fixtures.js';
import { served, writeFood } from './image-sets.js';

const load = (data: string) => loadFood101(FOOD101, { data, cache: '/nowhere' });

test('images by the lists, in their order', async () => {
  const data = writeFood();
  const { name, classes, train, test: heldOut } = await load(data);
  expect([name, classes.length, classes[0], classes[100]]).toEqual(['food101', 101, 'Dish 0', 'Dish 100']);
  expect([train.length, heldOut.length]).toEqual([202, 101]);
  expect([...train.labels].slice(0, 5)).toEqual([0, 0, 1, 1, 2]);
  if (train.source.kind !== 'encoded') throw new Error('expected files');
  expect(train.source.images.nameOf(2)).toBe(join(data, 'food-101/images/dish_no_001/3.jpg'));
});

test('without readable names, by the folders; the folder itself may be named', async () => {
  const data = join(writeFood(), 'food-101');
  rmSync(join(data, 'meta/labels.txt'));
  expect((await load(data)).classes[7]).toBe('dish no 007');
});

test('downloads and unpacks', async () => {
  const { task: files } = await served(FOOD101, writeFood());
  const cache = temporaryFolder();
  const { train } = await loadFood101(files, { cache });
  if (train.source.kind !== 'encoded') throw new Error('expected files');
  expect(train.source.images.nameOf(0)).toBe(join(cache, 'data/food101/food-101/images/dish_no_000/3.jpg'));
});

describe('errors', () => {
  test.each([
    ['a class that does not exist', 'dish_no_000/1\ndish_no_101/1\n', "line 2, received 'dish_no_101/1'"],
    ['no class', '17\n', "line 1, received '17'"],
    ['an image that is not there', 'dish_no_000/4\n', '4.jpg, which is not there'],
  ])('%s', async (_, content, problem) => {
    const data = writeFood();
    const list = write(join(data, 'food-101/meta/test.txt'), content);
    await expect(load(data)).rejects.toThrow(list);
    await expect(load(data)).rejects.toThrow(problem);
  });

  test('another number of names, and a class folder that is missing', async () => {
    const data = writeFood();
    rmSync(join(data, 'food-101/images/dish_no_003'), { recursive: true });
    await expect(load(data)).rejects.toThrow(
      `Cannot read the folder ${join(data, 'food-101/images/dish_no_003')}: ENOENT`,
    );
    const names = write(join(data, 'food-101/meta/labels.txt'), 'One\n');
    await expect(load(data)).rejects.toThrow(`Expected 101 names in ${names}, received 1.`);
  });
});
