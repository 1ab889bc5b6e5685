import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ColumnOptions, findColumns, withParquet } from '../../../src/data/parquet/index.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';
import { byPython } from './files.js';

const find = (name: string, options: ColumnOptions = {}) =>
  withParquet(byPython(`${name}.parquet`), async (file) => {
    const { image, label, classes, isNamed } = findColumns(file, options);
    return { image: image.title, label: label.title, classes, isNamed };
  });

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

test("Hugging Face's metadata tells columns and classes", async () => {
  expect(await find('hugging-face/train-00000-of-00002')).toEqual({
    image: 'image.bytes',
    label: 'label',
    classes: ['red', 'green', 'blue'],
    isNamed: false,
  });
});

test('without it their names and types do', async () => {
  expect(await find('named')).toMatchObject({ image: 'jpeg', label: 'class', isNamed: true });
  expect(await find('numbered')).toEqual({
    image: 'image',
    label: 'label',
    classes: undefined,
    isNamed: false,
  });
});

test('or the options', async () => {
  expect(await find('columns', { imageColumn: 'right', labelColumn: 'kind' })).toMatchObject({
    image: 'right',
    label: 'kind',
  });
});

describe('where it cannot be told, the columns are listed', () => {
  const all =
    'Its columns: left (bytes), right (bytes), score (double), caption (text), kind (text), boxes (structure of list).';
  const path = byPython('columns.parquet');
  test.each<[string, ColumnOptions, string]>([
    [
      'two columns of bytes',
      { labelColumn: 'kind' },
      `which column of ${path} holds the encoded images. Name it (imageColumn). ${all}`,
    ],
    [
      'two of text',
      { imageColumn: 'left' },
      `which column of ${path} holds the labels. Name it (labelColumn). ${all}`,
    ],
    [
      'numbers with fractions',
      { imageColumn: 'left', labelColumn: 'score' },
      `the labels in the column score of ${path}, which is none`,
    ],
    ['text for images', { imageColumn: 'caption' }, `the encoded images in the column caption of ${path}`],
    [
      'one that does not exist',
      { imageColumn: 'lefd' },
      `Unknown column of ${path} 'lefd'. Did you mean 'left'?`,
    ],
  ])('%s', async (_, options, message) => {
    expect(await refusal(find('columns', options))).toContain(message);
  });

  test('no column of bytes at all', async () => {
    expect(await refusal(find('no-image'))).toContain(
      'holds the encoded images. Name it (imageColumn). Its columns: text (text), label (int64).',
    );
  });
});

describe('files that are none', () => {
  const whole = readFileSync(byPython('codec-snappy.parquet'));
  const text = Buffer.from('image,label\na.jpg,1\nb.jpg,2\n');
  const encrypted = Buffer.concat([whole.subarray(0, -4), Buffer.from('PARE')]);
  const long = Buffer.from(whole);
  long.writeUInt32LE(2 ** 31, whole.length - 8);
  const garbled = Buffer.from(whole);
  garbled.fill(0xff, whole.length - 600, whole.length - 8);
  test.each<[string, Uint8Array, RegExp]>([
    ['text', text, /does not begin with PAR1, so it is of another format/],
    ['cut off', whole.subarray(0, -100), /does not end with PAR1, so it is cut off/],
    ['empty', Buffer.alloc(0), /it has 0 bytes/],
    ['encrypted', encrypted, /it is encrypted/],
    ['a footer longer than the file', long, /metadata length 2147483648/],
    ['a garbled footer', garbled, /cannot be read as a parquet file/],
  ])('%s', async (_, content, reason) => {
    const path = write(join(temporaryFolder(), 'train.parquet'), content);
    const message = await refusal(withParquet(path, async (file) => findColumns(file, {})));
    expect(message).toMatch(reason);
    expect(message).toContain(`${path} cannot be read as a parquet file: `);
  });

  test('one that is not there', async () => {
    expect(await refusal(withParquet('/nowhere.parquet', async () => 1))).toContain('/nowhere.parquet');
  });
});
