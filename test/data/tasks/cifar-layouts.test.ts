import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/data/dataset.js';
import { loadCifar } from '../../../src/data/tasks/cifar.js';
import type { CifarLayout } from '../../../src/data/tasks/cifar-layout.js';
import { CIFAR10 } from '../../../src/data/tasks/cifar10.js';
import { CIFAR100, CIFAR100_COARSE } from '../../../src/data/tasks/cifar100.js';
import { InputError } from '../../../src/errors.js';
import { call, dict, global, int, list, pickle, tuple, unicode } from '../../pickle/pickle-writer.js';
import { testData } from '../../test-data.js';
import { cifarRecord, temporaryFolder, write } from '../fixtures.js';
import { pickleOf, string, writePickles } from './cifar-forms.js';

const byPython = (name: string) => fileURLToPath(new URL(`./by-python/${name}`, import.meta.url));
const load = (layout: CifarLayout, data: string) => loadCifar(layout, { data, cache: '/nowhere' });

const BATCHES = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}`);
const TEN = Object.fromEntries([...BATCHES, 'test_batch'].map((name) => [name, `${name}.bin`]));
const HUNDRED = { train: 'train.bin', test: 'test.bin' };
/** In the order of the bytes of a record. */
const HUNDRED_LABELS = ['coarse_labels', 'fine_labels'];

/** What by-python/write.py writes, in the binary layout. */
function writeBinary10(folder: string): string {
  for (let n = 1; n <= 5; n++) write(join(folder, `data_batch_${n}.bin`), cifarRecord([n], 20 * (n - 1)));
  write(join(folder, 'test_batch.bin'), Buffer.concat([cifarRecord([9], 100), cifarRecord([0], 120)]));
  return folder;
}

function writeBinary100(folder: string): string {
  write(join(folder, 'train.bin'), Buffer.concat([cifarRecord([19, 99], 0), cifarRecord([4, 0], 20)]));
  write(join(folder, 'test.bin'), cifarRecord([7, 42], 40));
  return folder;
}

function expectSame(task: Task, expected: Task): void {
  for (const split of ['train', 'test'] as const) {
    expect(task[split].labels).toEqual(expected[split].labels);
    const [own, other] = [task[split].source, expected[split].source];
    if (own.kind !== 'array' || other.kind !== 'array') throw new Error('expected arrays');
    expect([own.height, own.width]).toEqual([32, 32]);
    expect(Buffer.compare(own.pixels, other.pixels)).toBe(0);
  }
  expect(task.fingerprint).toBe(expected.fingerprint);
}

describe('all layouts give equal arrays', () => {
  test('CIFAR-10', async () => {
    const binary = writeBinary10(temporaryFolder());
    const expected = await load(CIFAR10, binary);
    expect([...expected.train.labels, ...expected.test.labels]).toEqual([1, 2, 3, 4, 5, 9, 0]);
    const pickles = writePickles([binary, temporaryFolder()], TEN, ['labels']);
    expectSame(await load(CIFAR10, pickles), expected);
    expectSame(await load(CIFAR10, byPython('cifar10')), expected);
    expectSame(await load(CIFAR10, byPython('cifar10/plain_text')), expected);
  });

  test('CIFAR-100, with fine and with coarse labels', async () => {
    const binary = writeBinary100(temporaryFolder());
    const pickles = writePickles([binary, temporaryFolder()], HUNDRED, HUNDRED_LABELS);
    for (const layout of [CIFAR100, CIFAR100_COARSE]) {
      const expected = await load(layout, binary);
      expectSame(await load(layout, pickles), expected);
      expectSame(await load(layout, byPython('cifar-100-python')), expected);
      expectSame(await load(layout, byPython('cifar100')), expected);
    }
    expect([...(await load(CIFAR100_COARSE, byPython('cifar100'))).train.labels]).toEqual([19, 4]);
  });

  test("in the archive's own folder below the one given", async () => {
    const folder = temporaryFolder();
    cpSync(byPython('cifar-100-python'), join(folder, 'cifar-100-python'), { recursive: true });
    expect((await load(CIFAR100, folder)).train.length).toBe(2);
  });
});

test('class names come from the file beside the pickles, where there is one', async () => {
  const folder = writePickles([writeBinary10(temporaryFolder()), temporaryFolder()], TEN, ['labels']);
  const names = (n: number) => list(...Array.from({ length: n }, (_, i) => string(`kind ${i}`)));
  const file = write(join(folder, 'batches.meta'), pickle(dict(string('label_names'), names(10))));
  expect((await load(CIFAR10, folder)).classes[9]).toBe('kind 9');
  write(file, pickle(dict(string('label_names'), names(3))));
  await expect(load(CIFAR10, folder)).rejects.toThrow(`Expected 10 class names in ${file}, received 3.`);
});

describe('bad files', () => {
  async function refusal(layout: CifarLayout, folder: string): Promise<string> {
    const error: unknown = await load(layout, folder).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  const pickles = () => writePickles([writeBinary10(temporaryFolder()), temporaryFolder()], TEN, ['labels']);

  test('a pickle that would run something is refused by name', async () => {
    const folder = pickles();
    const file = write(
      join(folder, 'data_batch_2'),
      pickle(call(global('os', 'system'), tuple(unicode('touch owned')))),
    );
    expect(await refusal(CIFAR10, folder)).toContain(`${file} asks for 'os.system', which is refused`);
  });

  test('a label that does not exist, with its record', async () => {
    const folder = pickles();
    const records = Buffer.concat([cifarRecord([1]), cifarRecord([10])]);
    const file = write(join(folder, 'test_batch'), pickleOf(records, ['labels']));
    expect(await refusal(CIFAR10, folder)).toContain(
      `${file} holds the label 10 in record 1; CIFAR-10 has 0..9.`,
    );
  });

  test('a pickle of another data set', async () => {
    const folder = pickles();
    const file = write(join(folder, 'data_batch_1'), readFileSync(byPython('cifar-100-python/train')));
    expect(await refusal(CIFAR10, folder)).toContain(
      `and a list of integers under labels in ${file}; it holds filenames, batch_label, fine_labels, coarse_labels, data.`,
    );
    write(file, pickle(list(int(1))));
    expect(await refusal(CIFAR10, folder)).toBe(
      `Expected a pickled dict in ${file}, received something else.`,
    );
  });

  test('more labels than rows', async () => {
    const folder = pickles();
    const one = pickleOf(cifarRecord([1]), ['labels']).toString('latin1');
    const [from, to] = [list(int(1)), list(int(1), int(2))].map((each) => each.toString('latin1'));
    const file = write(join(folder, 'test_batch'), Buffer.from(one.replace(from!, to!), 'latin1'));
    expect(await refusal(CIFAR10, folder)).toContain(
      `Expected the shape (2, 3072) of u1 of data in ${file}, as many rows as labels; received (1, 3072) of u1.`,
    );
  });

  test('a pickle that is cut off', async () => {
    const folder = pickles();
    const file = join(folder, 'data_batch_5');
    write(file, readFileSync(file).subarray(0, 2000));
    expect(await refusal(CIFAR10, folder)).toMatch(/truncated or corrupt/);
    expect(await refusal(CIFAR10, folder)).toContain(file);
  });

  test('parquet files of another data set', async () => {
    expect(await refusal(CIFAR100, byPython('cifar10'))).toMatch(
      /^Unknown column of .*\.parquet 'fine_label'. Did you mean 'label'\?/,
    );
  });

  test('parquet files without a held-out split', async () => {
    const folder = temporaryFolder();
    cpSync(byPython('cifar10/plain_text/train-00000-of-00001.parquet'), join(folder, 'train.parquet'));
    expect(await refusal(CIFAR10, folder)).toBe(
      `No CIFAR-10 in its parquet layout in ${folder}: it lacks test-*.parquet. Leave --data out to have CIFAR-10 downloaded.`,
    );
  });

  test('some of the pickles, or nothing at all', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'test'));
    expect(await refusal(CIFAR100, folder)).toBe(
      `No CIFAR-100 in ${folder}: expected the files of cifar-100-binary or cifar-100-python, or parquet files. ` +
        'Leave --data out to have CIFAR-100 downloaded.',
    );
    cpSync(byPython('cifar-100-python/train'), join(folder, 'train'));
    expect(await refusal(CIFAR100, folder)).toContain(
      `No CIFAR-100 in its Python layout in ${folder}: it lacks test.`,
    );
  });
});

const real10 = testData('cifar10/cifar-10-batches-bin');
const real100 = testData('cifar100/cifar-100-binary');

describe.skipIf(!real10 || !real100)('real images', () => {
  test('pickles of them give the same arrays', async () => {
    const ten = writePickles([real10!, temporaryFolder()], TEN, ['labels']);
    expectSame(await load(CIFAR10, ten), await load(CIFAR10, real10!));
    const hundred = writePickles([real100!, temporaryFolder()], HUNDRED, HUNDRED_LABELS);
    expectSame(await load(CIFAR100, hundred), await load(CIFAR100, real100!));
    expectSame(await load(CIFAR100_COARSE, hundred), await load(CIFAR100_COARSE, real100!));
  });
});
