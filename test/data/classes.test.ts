import { join } from 'node:path';
import { expect, test } from 'vitest';
import { onlyClasses } from '../../src/data/classes.js';
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
  await expect(loadTask('digits', { classes: ['@/nowhere.txt'] })).rejects.toThrow(
    'There is no file /nowhere.txt',
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
