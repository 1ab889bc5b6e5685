import { expect, test } from 'vitest';
import {
  findColumns,
  NO_LABEL,
  piecesOf,
  readLabels,
  readValues,
  type Values,
  withParquet,
} from '../../../src/data/parquet/index.js';
import { byPython, writtenValue } from './files.js';

const FILES = [
  'codec-none',
  'codec-snappy',
  'codec-gzip',
  'codec-zstd',
  'codec-brotli',
  'codec-lz4',
  'dictionary',
  'pages-2',
  'indexed',
  'structure',
  'structure-dictionary-indexed',
];

async function read(name: string, pieceBytes?: number): Promise<{ pieces: number; rows: Values }> {
  const path = byPython(`${name}.parquet`);
  const { image, pieces } = await withParquet(path, async (file) => {
    const { image } = findColumns(file, {});
    return { image, pieces: await piecesOf(file, image, pieceBytes === undefined ? {} : { pieceBytes }) };
  });
  const rows: Values = [];
  for (const piece of pieces) rows.push(...(await readValues(path, image, piece)));
  return { pieces: pieces.length, rows };
}

const expected = Array.from({ length: 40 }, (_, i) => writtenValue(i));

test.each(FILES)('%s: a group of rows at a time', async (name) => {
  const { pieces, rows } = await read(name);
  expect(pieces).toBe(3);
  expect(rows).toEqual(expected);
});

test.each(FILES)('%s: by its pages, where groups are called large', async (name) => {
  const { pieces, rows } = await read(name, 1);
  // Groups of 15, 15 and 10 rows in pages of 4.
  expect(pieces).toBe(4 + 4 + 3);
  expect(rows).toEqual(expected);
});

test('pages are put together up to the size wanted', async () => {
  const whole = await read('codec-none', 100);
  const single = await read('codec-none', 1);
  expect(whole.pieces).toBeGreaterThan(3);
  expect(whole.pieces).toBeLessThan(single.pieces);
  expect(whole.rows).toEqual(expected);
});

test('labels of both kinds, and those that are missing', async () => {
  const labelsOf = (name: string, names: Map<string, number>) =>
    withParquet(byPython(`${name}.parquet`), (file) => readLabels(file, findColumns(file, {}).label, names));
  expect([...(await labelsOf('codec-gzip', new Map()))]).toEqual(Array.from({ length: 40 }, (_, i) => i % 2));
  expect([...(await labelsOf('unlabelled-row', new Map()))]).toEqual([0, NO_LABEL, 1]);
  const names = new Map([['a', 0]]);
  expect([...(await labelsOf('named', names))]).toEqual([1, 0, 2, 0, 1, 2]);
  expect([...names.keys()]).toEqual(['a', 'b', 'C']);
});
