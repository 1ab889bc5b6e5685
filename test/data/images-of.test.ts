import { expect, test } from 'vitest';
import { type Dataset, select, type Task } from '../../src/data/dataset.js';
import { imageFiles, namesOf } from '../../src/data/images/index.js';
import { imagesOf, type Split } from '../../src/data/images-of.js';
import { InputError } from '../../src/errors.js';
import { arrayTask } from '../train/small-network.js';
import { temporaryFolder, write } from './fixtures.js';

const files = (...paths: string[]): Dataset => ({
  length: paths.length,
  labels: Int32Array.from(paths, (_, i) => i % 2),
  source: { kind: 'encoded', images: imageFiles(paths) },
});
const taskOf = (train: Dataset, test: Dataset): Task => ({
  ...{ name: 'small', classes: ['a', 'b'], fingerprint: '' },
  ...{ train, test },
});
const storeOf = ({ source }: Dataset) => {
  if (source.kind !== 'encoded') throw new Error('expected encoded images');
  return source.images;
};

test('a split is what the task has, all is both, those to train on first', () => {
  const task = arrayTask(4, { test: 2 });
  expect(imagesOf(task, 'train')).toBe(task.train);
  expect(imagesOf(task, 'test')).toBe(task.test);
  const all = imagesOf(task, 'all');
  expect(all.length).toBe(6);
  expect(select(all, Int32Array.of(0, 1, 2, 3))).toEqual(task.train);
  expect(select(all, Int32Array.of(4, 5))).toEqual(task.test);
});

test('files of both, and selections of these', async () => {
  const folder = temporaryFolder();
  const paths = ['a', 'b', 'c', 'd'].map((name) => write(`${folder}/${name}.jpg`, name));
  const all = imagesOf(taskOf(files(...paths.slice(0, 3)), files(paths[3]!)), 'all');
  expect([...all.labels]).toEqual([0, 1, 0, 0]);
  const images = storeOf(all);
  expect([...namesOf(images)]).toEqual(paths);
  const some = images.select(Int32Array.of(3, 1, 0));
  expect([...namesOf(some)]).toEqual([paths[3], paths[1], paths[0]]);
  const fewer = some.select(Int32Array.of(0, 2));
  expect([...namesOf(fewer)]).toEqual([paths[3], paths[0]]);
  expect(fewer.length).toBe(2);
  expect(fewer.at(0).path).toBe(paths[3]);
  expect(Buffer.from(await fewer.at(0).read()).toString()).toBe('d');
  expect(fewer.stampOf(1)).toBe(imageFiles([paths[0]!]).stampOf(0));
});

test('refuses an unknown split, and splits that cannot be put together', () => {
  const task = arrayTask(4, { test: 2 });
  const mixed = taskOf(task.train, files('/a.jpg'));
  const larger = taskOf(task.train, arrayTask(4, { side: 9 }).test);
  expect(() => imagesOf(task, 'val' as Split)).toThrow(/^Unknown split 'val'.*Known: test, train, all\.$/);
  for (const each of [mixed, larger]) {
    expect(() => imagesOf(each, 'all')).toThrow(InputError);
    expect(() => imagesOf(each, 'all')).toThrow(/two splits of small .* name one, train or test/);
    expect(imagesOf(each, 'train').length).toBe(4);
  }
});
