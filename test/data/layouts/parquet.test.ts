import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/data/dataset.js';
import { loadPlace } from '../../../src/data/layouts/index.js';
import { loadTask } from '../../../src/data/tasks/index.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write, writeColour } from '../fixtures.js';
import { byPython } from '../parquet/files.js';

const load = (place: string, options = {}): Promise<Task> =>
  loadPlace(place, { cache: '/nowhere', ...options });

/** A folder of copies of the files that Python wrote, by the names that they get. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(byPython(from), join(folder, name));
  }
  return folder;
}

function imagesOf({ source }: Task['train']) {
  if (source.kind !== 'encoded') throw new Error('expected encoded images');
  return source.images;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

test('what Hugging Face writes: splits by name, classes by metadata, a split without labels left out', async () => {
  const task = await load(byPython('hugging-face'));
  expect(task.name).toBe('hugging-face');
  expect(task.classes).toEqual(['red', 'green', 'blue']);
  expect([...task.train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  expect([...task.test.labels]).toEqual([0, 1, 2]);
  expect(imagesOf(task.train).nameOf(4)).toBe(
    `${byPython('hugging-face/train-00001-of-00002.parquet')}: row 0`,
  );
  const bytes = await imagesOf(task.test).at(1).read();
  expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe('PNG');
});

test('the same data set elsewhere has the same fingerprint', async () => {
  const folder = temporaryFolder();
  cpSync(byPython('hugging-face'), join(folder, 'moved'), { recursive: true });
  const [here, there] = [await load(byPython('hugging-face')), await load(join(folder, 'moved'))];
  expect(there.fingerprint).toBe(here.fingerprint);
});

test('one file is divided', async () => {
  const task = await load(byPython('numbered.parquet'), { validationFraction: 0.5 });
  expect([task.name, task.classes]).toEqual(['numbered', ['3', '7', '10']]);
  expect([...task.train.labels].sort()).toEqual([0, 1, 2]);
  expect([...task.test.labels].sort()).toEqual([0, 1, 2]);
});

test('names of classes are sorted by code units', async () => {
  const folder = folderOf({ 'data/train.parquet': 'named.parquet', 'data/test.parquet': 'named.parquet' });
  const task = await load(folder);
  expect(task.classes).toEqual(['C', 'a', 'b']);
  expect([...task.train.labels]).toEqual([2, 1, 0, 1, 2, 0]);
});

test.each([
  ['train/0000.parquet', 'test/0000.parquet'],
  ['default/partial-train/0000.parquet', 'default/test/0000.parquet'],
  ['plain_text/train-00000-of-00001.parquet', 'plain_text/test-00000-of-00001.parquet'],
  ['training.parquet', 'valid_1.parquet'],
  ['cifar-train-00000-of-00001.parquet', 'cifar-validation-00000-of-00001.parquet'],
])('splits of %s and %s', async (train, test) => {
  const files = {
    [train]: 'hugging-face/train-00001-of-00002.parquet',
    [test]: 'hugging-face/train-00000-of-00002.parquet',
  };
  const task = await load(folderOf(files));
  expect([task.train.length, task.test.length]).toEqual([5, 4]);
});

test('of several data sets in one folder one is to be named', async () => {
  const file = 'hugging-face/train-00000-of-00002.parquet';
  const folder = folderOf({ 'fine/train.parquet': file, 'coarse/train.parquet': file });
  expect(await refusal(load(folder))).toBe(
    `${folder} holds several data sets: name one of ${folder}/coarse, ${folder}/fine.`,
  );
  expect((await load(join(folder, 'fine'))).train.length).toBeGreaterThan(0);
});

test('columns are options of the task', async () => {
  const path = byPython('columns.parquet');
  expect(await refusal(loadTask(path))).toContain('Name it (imageColumn)');
  const task = await loadTask(path, { imageColumn: 'left', labelColumn: 'kind', validationFraction: 0.5 });
  expect(task.classes).toEqual(['x', 'y']);
});

test('a folder without tables stays one of class folders', async () => {
  const folder = temporaryFolder();
  for (const name of ['a', 'b'])
    for (const file of ['1.png', '2.png']) await writeColour(join(folder, name, file), [1, 2, 3]);
  expect((await load(folder)).classes).toEqual(['a', 'b']);
});

describe('bad files', () => {
  test('a label beyond the classes, with its row', async () => {
    const path = byPython('beyond.parquet');
    expect(await refusal(load(path))).toBe(
      `${path}: row 1 has the label 3; its classes are 0..1. Correct it.`,
    );
  });

  test('a label that is missing, with its row', async () => {
    const path = byPython('unlabelled-row.parquet');
    expect(await refusal(load(path))).toBe(`${path}: row 1 has no label. Give it one, or take the row out.`);
  });

  test('no labels at all', async () => {
    const folder = folderOf({ 'test.parquet': 'hugging-face/test-00000-of-00001.parquet' });
    expect(await refusal(load(folder))).toContain(`${folder} has no labels`);
  });

  test('no column of images', async () => {
    expect(await refusal(load(byPython('no-image.parquet')))).toContain(
      `${byPython('no-image.parquet')} holds the encoded images`,
    );
  });

  test('files of other columns, or other classes', async () => {
    const train = 'hugging-face/train-00000-of-00002.parquet';
    const folder = folderOf({ 'test.parquet': 'named.parquet', 'train.parquet': train });
    expect(await refusal(load(folder))).toBe(
      `${folder}/train.parquet has images and labels in the columns image.bytes and label; ` +
        `${folder}/test.parquet has jpeg and class (text). Files of one data set need the same columns.`,
    );
    const other = folderOf({ 'test.parquet': 'numbered.parquet', 'train.parquet': 'beyond.parquet' });
    expect(await refusal(load(other))).toBe(
      `${other}/train.parquet names other classes than ${other}/test.parquet. They are of two data sets.`,
    );
  });

  test('text that is called parquet, and a file that was cut off', async () => {
    const folder = folderOf({ 'train.parquet': 'named.parquet' });
    const text = write(join(folder, 'test.parquet'), 'image,label\n');
    expect(await refusal(load(folder))).toContain(`${text} cannot be read as a parquet file: `);
    const cut = write(text, readFileSync(byPython('named.parquet')).subarray(0, 900));
    expect(await refusal(load(folder))).toContain(`${cut} cannot be read as a parquet file: it does not end`);
  });
});
