import { join } from 'node:path';
import { expect, test } from 'vitest';
import { onlyClasses } from '../../src/data/classes.js';
import type { Dataset, Task } from '../../src/data/dataset.js';
import { withLabelNoise } from '../../src/data/noise/index.js';
import { loadTask } from '../../src/data/tasks/index.js';
import { temporaryFolder, write } from './fixtures.js';

test('the images of some classes, in the order of the task', async () => {
  const task = await loadTask('digits');
  const some = await loadTask('digits', { classes: ['7', '2', '5'] });
  expect(some.classes).toEqual(['2', '5', '7']);
  const count = (labels: Int32Array, label: number) => labels.filter((each) => each === label).length;
  for (const split of ['train', 'test'] as const) {
    expect([0, 1, 2].map((label) => count(some[split].labels, label))).toEqual(
      [2, 5, 7].map((label) => count(task[split].labels, label)),
    );
    expect(some[split].source.kind === 'array' && some[split].source.pixels.length).toBe(
      some[split].length * 192,
    );
  }
  expect(some.fingerprint).not.toBe(task.fingerprint);
  const limited = await loadTask('digits', { classes: ['7', '2'], limit: 10 });
  expect([limited.train.length, limited.classes.length]).toEqual([10, 2]);
});

test('names from a file', async () => {
  const file = write(join(temporaryFolder(), 'names.txt'), '3\n\n1\r\n');
  expect((await loadTask('digits', { classes: [`@${file}`] })).classes).toEqual(['1', '3']);
  for (const path of ['/nowhere.txt', temporaryFolder()])
    await expect(loadTask('digits', { classes: [`@${path}`] })).rejects.toThrow(
      `There is no file ${path} of`,
    );
});

test('two classes of one name stay apart', () => {
  const dataset = (labels: number[]): Dataset => ({
    length: labels.length,
    labels: Int32Array.from(labels),
    source: { kind: 'array', height: 1, width: 1, pixels: new Uint8Array(3 * labels.length) },
  });
  const task: Task = {
    name: 'x',
    classes: ['crane', 'dog', 'crane', 'cat'],
    train: dataset([0, 1, 2, 3, 2]),
    test: dataset([3, 2, 1, 0]),
    fingerprint: '',
  };
  const some = onlyClasses(task, ['cat', 'crane']);
  expect(some.classes).toEqual(['crane', 'crane', 'cat']);
  expect([[...some.train.labels], [...some.test.labels]]).toEqual([
    [0, 1, 2, 1],
    [2, 1, 0],
  ]);
  const many = { ...task, classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`) };
  expect(() => onlyClasses(many, ['class 1', 'clas 999'])).toThrow(
    /Did you mean 'class 999'\? Known: class 0, .*, class 99, 900 more\.$/,
  );
  expect(() => onlyClasses({ ...task, test: dataset([1]) }, ['cat', 'crane'])).toThrow(
    'x has no held-out images of crane, crane, cat.',
  );
});

test('what cannot be is refused', async () => {
  const folder = temporaryFolder();
  for (const name of ['rose/1.jpg', 'tulip/1.jpg', 'rose/2.jpg', 'tulip/2.jpg'])
    write(join(folder, name), '');
  await expect(loadTask(folder, { classes: ['rose', 'tulpi'] })).rejects.toThrow(
    "Unknown class 'tulpi'. Did you mean 'tulip'?",
  );
  await expect(loadTask(folder, { classes: ['rose', 'rose'] })).rejects.toThrow('--classes names one class');
  const noisy = withLabelNoise(await loadTask('digits'), 'symmetric:0.4', 0);
  expect(() => onlyClasses(noisy, ['1', '2'])).toThrow(/before labels are made noisy/);
});
