import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../../src/data/dataset.js';
import type { Decoder } from '../../../src/data/decode/index.js';
import { imageFiles } from '../../../src/data/images/index.js';
import { evaluate, softmax, tableFormatOf } from '../../../src/evaluate/index.js';
import { csvLine } from '../../../src/evaluate/predictions/index.js';
import { parquetTable } from '../../../src/evaluate/predictions/parquet.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { writeFileAside } from '../../../src/weights/write-aside.js';
import { arrayTask, smallModel } from '../../train/small-network.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';

const { path: folder } = temporaryFolder();
const plain = arrayTask(3, { test: 10 });
// Names that a table must keep as they are.
const classes = ['a, "b"', 'line\nbreak', 'Grün 🌱'];
const task: Task = { ...plain, classes };
const model = Object.assign(smallModel(), { labels: classes });
let expected: { index: number; label: string; predicted: string; probability: number; logits: number[] }[];

beforeAll(async () => {
  if (task.test.source.kind !== 'array') throw new Error('expected an array');
  const { data } = await model.logits({ data: task.test.source.pixels, shape: [10, 8, 8, 3] });
  expected = Array.from({ length: 10 }, (_, index) => {
    const logits = data.slice(3 * index, 3 * index + 3);
    const probability = Math.max(...softmax(logits));
    const predicted = classes[softmax(logits).indexOf(probability)]!;
    return { index, label: classes[task.test.labels[index]!]!, predicted, probability, logits: [...logits] };
  });
});

afterAll(async () => {
  await model.dispose();
  expect(Tensor.liveCount).toBe(0);
});

const bufferOf = (file: string) => {
  const content = readFileSync(file);
  return content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer;
};

const READERS: Record<string, (file: string) => Promise<Record<string, unknown>[]>> = {
  parquet: async (file) => parquetReadObjects({ file: bufferOf(file) }),
  csv: async (file) =>
    (parse(readFileSync(file), { columns: true }) as Record<string, string>[]).map((row) => ({
      ...row,
      index: Number(row.index),
      probability: Number(row.probability),
      logits: JSON.parse(row.logits!),
    })),
  jsonl: async (file) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
};

describe.each(Object.keys(READERS))('%s', (ending) => {
  test('has a row an image, in order', async () => {
    const file = join(folder, `array.${ending}`);
    const found = await evaluate(model, task, { predictions: file, batchSize: 4 });
    const rows = await READERS[ending]!(file);
    expect(rows).toHaveLength(10);
    rows.forEach((row, i) => {
      const { probability, logits, ...names } = expected[i]!;
      expect(row).toMatchObject(names);
      expect(row.probability).toBeCloseTo(probability, 5);
      for (const [k, value] of (row.logits as number[]).entries()) expect(value).toBeCloseTo(logits[k]!, 4);
      expect(row).not.toHaveProperty('path');
    });
    expect(rows.filter((row) => row.label === row.predicted)).toHaveLength(Math.round(10 * found.top1));
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  test('has the paths of files', async () => {
    const file = join(folder, `files.${ending}`);
    const paths = Array.from({ length: 10 }, (_, i) => join('some, "where"', `${i}.png`));
    const decoder: Decoder = { name: 'fake', decode: async (_image, slot) => void slot.fill(100) };
    const source = { kind: 'encoded', images: imageFiles(paths) } as const;
    await evaluate(model, { ...task, test: { ...task.test, source } }, { predictions: file, decoder });
    const rows = await READERS[ending]!(file);
    expect(rows.map(({ path }) => path)).toEqual(paths);
  });

  test('leaves nothing of an evaluation that fails', async () => {
    const file = join(folder, `failed.${ending}`);
    const onLogits = () => Promise.reject(new Error('no more'));
    await expect(evaluate(model, task, { predictions: file, onLogits })).rejects.toThrow('no more');
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});

test('Parquet in several groups of rows', async () => {
  const file = join(folder, 'groups.parquet');
  const wide = 2 ** 19;
  await writeFileAside(file, async (handle) => {
    const table = await parquetTable(handle, { paths: false, classes: wide });
    for (let index = 0; index < 5; index++) {
      const logits = new Float32Array(3).fill(index);
      const row = { path: undefined, label: 'a', predicted: 'b', probability: index / 5 };
      await table.write([{ ...row, index, logits }]);
    }
    await table.finish();
  });
  const rows = await parquetReadObjects({ file: bufferOf(file) });
  expect(rows.map(({ index, logits }) => [index, logits])).toEqual(
    [0, 1, 2, 3, 4].map((i) => [i, [i, i, i]]),
  );
});

test('a line of CSV quotes what it must', () => {
  expect(csvLine(['plain', 1.5, 'a,b', 'say "x"', 'two\nlines', ''])).toBe(
    'plain,1.5,"a,b","say ""x""","two\nlines",',
  );
});

test.each(['out.txt', 'parquet', 'out'])("'%s' is refused", (file) => {
  expect(() => tableFormatOf(file)).toThrow(
    `Expected a name that ends in one of .parquet, .csv, .jsonl for the file of predictions, received '${file}'.`,
  );
});
