import { copyFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ParquetImages, ParquetTable } from '../../../src/data/images/index.js';
import {
  findColumns,
  KeptPieces,
  piecesOf,
  type Values,
  withParquet,
} from '../../../src/data/parquet/index.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';
import { byPython, writtenValue } from '../parquet/files.js';

async function columnOf(path: string) {
  return withParquet(path, async (file) => {
    const { image: column } = findColumns(file, {});
    return { path, column, pieces: await piecesOf(file, column) };
  });
}

/** Two files of 40 rows in groups of 15, 15 and 10, one behind the other. */
async function twoFiles(): Promise<{ images: ParquetImages; paths: string[] }> {
  const paths = ['structure', 'dictionary'].map((name) => byPython(`${name}.parquet`));
  const table = new ParquetTable(await Promise.all(paths.map(columnOf)));
  return {
    images: new ParquetImages(
      table,
      Int32Array.from({ length: table.length }, (_, row) => row),
    ),
    paths,
  };
}

test('rows of several files, one behind the other', async () => {
  const { images, paths } = await twoFiles();
  expect(images.length).toBe(80);
  for (const row of [0, 14, 15, 39, 40, 79, 1]) {
    const image = images.at(row);
    expect(image.name).toBe(`${paths[row < 40 ? 0 : 1]}: row ${row % 40}`);
    expect(await image.read()).toEqual(writtenValue(row % 40));
    expect(image.path).toBeUndefined();
  }
  expect(images.stampOf(41)).toMatch(/dictionary\.parquet \d+ [\d.]+ 1$/);
});

test('a selection has its own order, and shares what is held', async () => {
  const { images, paths } = await twoFiles();
  const chosen = images.select(Int32Array.of(79, 2, 40)).select(Int32Array.of(2, 0));
  expect([chosen.nameOf(0), chosen.nameOf(1)]).toEqual([`${paths[1]}: row 0`, `${paths[1]}: row 39`]);
  expect(await chosen.at(1).read()).toEqual(writtenValue(39));
});

test('a row without an image is named', async () => {
  const { images, paths } = await twoFiles();
  const error: unknown = await images
    .at(3)
    .read()
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toBe(`${paths[0]}: row 3 has no image: its bytes are missing.`);
});

test('blocks are runs of pieces of some size, where rows are in order', async () => {
  const column = await columnOf(byPython('codec-none.parquet'));
  const pieces = column.pieces.map((piece) => ({ ...piece, bytes: 9 * 2 ** 20 }));
  pieces[1]!.bytes = 2 ** 20;
  const table = new ParquetTable([{ ...column, pieces }]);
  const images = new ParquetImages(
    table,
    Int32Array.from({ length: 40 }, (_, row) => row),
  );
  // 9 and 1 MB are one block of up to 16, and 9 more are another.
  expect([...images.blocks!]).toEqual([...new Array(30).fill(0), ...new Array(10).fill(1)]);
  expect([...images.select(Int32Array.of(1, 29, 39)).blocks!]).toEqual([0, 0, 1]);
  expect(images.select(Int32Array.of(39, 1)).blocks).toBeUndefined();
});

test('what is asked for while it is on its way is read once, and little is kept', async () => {
  const kept = new KeptPieces(25);
  const reads: number[] = [];
  const get = (piece: number) =>
    kept.get(piece, async (): Promise<Values> => {
      reads.push(piece);
      await new Promise((resolve) => setImmediate(resolve));
      return [new Uint8Array(10)];
    });
  await Promise.all([get(0), get(0), get(1), get(0)]);
  expect(reads).toEqual([0, 1]);
  // The third of 10 bytes drops what was used longest ago: 1, as 0 is used again.
  await get(0);
  await get(2);
  await get(0);
  expect(reads).toEqual([0, 1, 2]);
  await get(1);
  expect(reads).toEqual([0, 1, 2, 1]);
});

test('one that is larger than all that may be kept is still given', async () => {
  const kept = new KeptPieces(5);
  const get = (piece: number) => kept.get(piece, async () => [new Uint8Array(10).fill(piece)]);
  expect(await get(1)).toEqual([new Uint8Array(10).fill(1)]);
  expect(await get(2)).toEqual([new Uint8Array(10).fill(2)]);
});

test('a piece that could not be read is read again', async () => {
  const kept = new KeptPieces(100);
  await expect(kept.get(0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await kept.get(0, async () => [null])).toEqual([null]);
});

test('a file that was cut off or overwritten after it was opened', async () => {
  const path = join(temporaryFolder(), 'a.parquet');
  copyFileSync(byPython('codec-snappy.parquet'), path);
  const table = new ParquetTable([await columnOf(path)]);
  truncateSync(path, 100);
  const expectRefusal = async (reason: RegExp) => {
    const error: unknown = await table.read(0).catch((cause) => cause);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(reason);
    expect((error as Error).message).toContain(path);
  };
  await expectRefusal(/are missing, as it has 100/);
  write(path, readFileSync(byPython('codec-snappy.parquet')).fill(0xab, 4, 2000));
  await expectRefusal(/cannot be read as a parquet file/);
});
