import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainedOn } from '../../../src/cli/evaluate/trained-on.js';
import type { Task } from '../../../src/data/dataset.js';
import { imagesOf } from '../../../src/data/images-of.js';
import { loadTask } from '../../../src/data/tasks/index.js';
import { temporaryFolder, write } from '../../data/fixtures.js';

/** Empty files, ten a class: nothing is read while a task is loaded. */
function classFolders(folder: string): string {
  for (const name of ['a', 'b']) for (let i = 0; i < 10; i++) write(join(folder, name, `${i}.jpg`), '');
  return folder;
}

/** The folder of a run that says it was trained on a task. */
function runOn(folder: string, task: Task, recipe: Record<string, unknown>): string {
  const { name, origin, train, test: heldOut, fingerprint } = task;
  const record = {
    recipe: { base: 'efficientnet-lite0', ...recipe },
    task: { name, origin, train: train.length, test: heldOut.length },
    fingerprint,
  };
  write(join(folder, 'config.json'), JSON.stringify(record));
  return folder;
}

const counts = async (run: string, task: Task, isOwn = false) => {
  const countIn = await trainedOn(run, task, { isOwn });
  return countIn && [countIn('train'), countIn('test'), countIn('all')];
};

test('the folder of the training: what was trained on, told by its division', async () => {
  const folder = temporaryFolder();
  const photos = classFolders(join(folder, 'photos'));
  const task = await loadTask(photos, { seed: 3 });
  const run = runOn(join(folder, 'run'), task, { task: photos, seed: 3 });
  expect(await counts(run, task, true)).toEqual([16, 0, 16]);
  expect(await counts(run, task)).toEqual([16, 0, 16]);
  // Divided otherwise, by path.
  const other = await loadTask(photos, { seed: 4 });
  const [train, heldOut, all] = (await counts(run, other))!;
  expect([train! + heldOut!, all]).toEqual([16, 16]);
  expect(heldOut).toBeGreaterThan(0);
});

test('a limited run was trained on fewer', async () => {
  const folder = temporaryFolder();
  const photos = classFolders(join(folder, 'photos'));
  const limited = await loadTask(photos, { limit: 6 });
  const run = runOn(join(folder, 'run'), limited, { task: photos, limit: 6 });
  expect(await counts(run, await loadTask(photos), true)).toEqual([6, 0, 6]);
  expect(await counts(run, await loadTask(photos))).toEqual([6, 0, 6]);
});

test('a part of it, and by another way: the same images', async () => {
  const folder = temporaryFolder();
  const photos = join(folder, 'photos');
  for (const split of ['train', 'val', 'new']) classFolders(join(photos, split));
  const task = await loadTask(photos);
  const run = runOn(join(folder, 'run'), task, { task: photos });
  expect(await counts(run, await loadTask(join(photos, 'val')))).toEqual([0, 0, 0]);
  expect(await counts(run, await loadTask(join(photos, 'new')))).toEqual([0, 0, 0]);
  expect(await counts(run, await loadTask(join(photos, 'train')))).toEqual([16, 4, 20]);
  symlinkSync(join(photos, 'train'), join(folder, 'link'));
  expect(await counts(run, await loadTask(join(folder, 'link')))).toEqual([16, 4, 20]);
});

test('other images, and a base of the catalogue: none', async () => {
  const folder = temporaryFolder();
  const [photos, others] = ['photos', 'others'].map((name) => classFolders(join(folder, name)));
  const run = runOn(join(folder, 'run'), await loadTask(photos!), { task: photos });
  // The names are the same: it might be the same folder, moved. With other names it is not.
  write(join(others!, 'a', 'more.jpg'), '');
  const task = await loadTask(others!);
  expect(await counts(run, task)).toEqual([0, 0, 0]);
  expect(await counts('efficientnet-lite0', task)).toEqual([0, 0, 0]);
  const digits = await loadTask('digits');
  const onDigits = runOn(join(folder, 'digits'), digits, { task: 'digits' });
  expect(await counts(onDigits, task)).toEqual([0, 0, 0]);
  expect(await counts(onDigits, digits)).toEqual([1438, 0, 1438]);
  expect(imagesOf(digits, 'all').length).toBe(1797);
});

test('is not known of a model that is no run, nor where the images are gone', async () => {
  const folder = temporaryFolder();
  const photos = classFolders(join(folder, 'photos'));
  const task = await loadTask(photos);
  const model = write(join(folder, 'model.json'), '{"format": "layers-model"}');
  expect(await counts(model, task)).toBeUndefined();
  const program = (fingerprint: string) => {
    write(join(folder, 'program', 'config.json'), JSON.stringify({ recipe: { epochs: 1 }, fingerprint }));
    return join(folder, 'program');
  };
  expect(await counts(program('another'), task)).toBeUndefined();
  expect(await counts(program(task.fingerprint), task)).toEqual([16, 0, 16]);
  const gone = { ...task, origin: join(folder, 'gone'), fingerprint: '' };
  const run = runOn(join(folder, 'run'), gone, { task: join(folder, 'gone') });
  expect(await counts(run, task)).toBeUndefined();
});
