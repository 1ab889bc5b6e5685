import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LoadTaskOptions, loadTask, TASKS } from '../../../src/data/tasks/index.js';
import { cifarRecord, temporaryFolder, write } from '../fixtures.js';
import { svhnFile } from '../mat/write.js';
import { fashionFiles } from './idx.js';
import {
  writeCars,
  writeFlowers,
  writeFood,
  writeImagenet,
  writeImagenette,
  writePets,
} from './image-sets.js';

function writeClasses(): string {
  const folder = temporaryFolder();
  for (const name of ['a', 'b']) for (let i = 0; i < 10; i++) write(join(folder, name, `${i}.jpg`), '');
  return folder;
}

/** A folder with the files of every named task. */
function writeAll(): string {
  const folder = temporaryFolder();
  for (const n of [1, 2, 3, 4, 5]) write(join(folder, `data_batch_${n}.bin`), cifarRecord([n]));
  write(join(folder, 'test_batch.bin'), cifarRecord([0]));
  for (const name of ['train.bin', 'test.bin']) write(join(folder, name), cifarRecord([1, 2]));
  for (const [name, content] of Object.entries(fashionFiles())) write(join(folder, name), content);
  for (const name of ['train', 'test', 'extra']) write(join(folder, `${name}_32x32.mat`), svhnFile([1, 10]));
  for (const size of ['', '-320', '-160']) writeImagenette(folder, `imagenette2${size}`);
  writeFlowers(folder);
  writePets(folder);
  writeFood(folder);
  writeCars(folder);
  writeImagenet(join(folder, 'imagenet'));
  return folder;
}

describe('named tasks', () => {
  test('each is loaded under its name', async () => {
    const data = writeAll();
    for (const name of Object.keys(TASKS)) await expectNamed(name, name === 'digits' ? {} : { data });
  });

  async function expectNamed(name: string, options: LoadTaskOptions): Promise<void> {
    const task = await loadTask(name, options);
    expect(task.name).toBe(name);
    expect(task.classes.length).toBe(TASKS[name]!.classes);
    expect(task.origin).toBe(TASKS[name]!.origin);
    expect(task.train.length).toBeGreaterThan(0);
    expect(task.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  }

  test('limit takes a part of train, by the seed', async () => {
    const labelsAndPixels = async (seed: number) => (await loadTask('digits', { limit: 100, seed })).train;
    const part = await labelsAndPixels(1);
    expect(part.length).toBe(100);
    expect(await labelsAndPixels(1)).toEqual(part);
    expect(await labelsAndPixels(2)).not.toEqual(part);
  });

  test('downloads go into the folder of the environment', async () => {
    const cache = temporaryFolder();
    const archive = write(join(cache, 'data/cifar-10-binary.tar.gz'), 'x');
    const before = process.env.SAM_FINETUNE_CACHE;
    process.env.SAM_FINETUNE_CACHE = cache;
    try {
      await expect(loadTask('cifar10')).rejects.toThrow(`${archive} is not the archive of`);
    } finally {
      if (before === undefined) delete process.env.SAM_FINETUNE_CACHE;
      else process.env.SAM_FINETUNE_CACHE = before;
    }
  });
});

describe('folders', () => {
  test('are split by seed and fraction', async () => {
    const folder = writeClasses();
    const task = await loadTask(folder, { validationFraction: 0.3, seed: 5 });
    expect([task.train.length, task.test.length]).toEqual([14, 6]);
    expect((await loadTask(folder, { limit: 4 })).train.length).toBe(4);
  });

  test('go without --data', async () => {
    const folder = writeClasses();
    await expect(loadTask(folder, { data: '/elsewhere' })).rejects.toThrow(
      `The folder ${folder} is the task and holds its images: leave out --data /elsewhere.`,
    );
  });
});

describe('errors', () => {
  test('an unknown name: the nearest one and all of them', async () => {
    await expect(loadTask('cifra10')).rejects.toMatchObject({
      name: 'InputError',
      message:
        "Unknown task 'cifra10'. Did you mean 'cifar10'? Known: digits, cifar10, cifar100, cifar100-coarse, fashion-mnist, svhn, svhn-extra, imagenette, imagenette-320, imagenette-160, flowers102, pets, food101, cars, imagenet. A folder of class folders can be named by its path.",
    });
    await expect(loadTask('constructor')).rejects.toThrow("Unknown task 'constructor'.");
  });

  test('a path that does not exist', async () => {
    await expect(loadTask('./no/such/folder')).rejects.toThrow("received './no/such/folder'");
  });
});
