import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batches } from '../../../src/data/batches.js';
import type { Dataset, Task } from '../../../src/data/dataset.js';
import { namesOf } from '../../../src/data/images/index.js';
import { type LayoutOptions, loadPlace } from '../../../src/data/layouts/index.js';
import { temporaryFolder, write, writeColour } from '../fixtures.js';

const load = (place: string, options: Partial<LayoutOptions> = {}) =>
  loadPlace(place, { cache: '/nowhere', ...options });
const list = (name: string, text: string) => write(join(temporaryFolder(), 'data', name), text);
const pathsOf = ({ source }: Dataset) =>
  source.kind === 'encoded' ? [...namesOf(source.images)].map((path) => path.replace(/^.*\/data\//, '')) : [];
const listed = (task: Task, split: 'train' | 'test' = 'train') =>
  pathsOf(task[split]).map((path, i) => `${task.classes[task[split].labels[i]!]} ${path}`);

const ROWS = [
  ['a/1.jpg', 'cat', 'train'],
  ['a/2.jpg', 'dog', 'train'],
  ['b/3.jpg', 'cat', 'val'],
  ['4.jpg', 'dog', 'val'],
] as const;
const EXPECTED = { train: ['cat a/1.jpg', 'dog a/2.jpg'], test: ['cat b/3.jpg', 'dog 4.jpg'] };
const table = (separator: string, header: readonly string[], end = '\n') =>
  [header, ...ROWS].map((row) => row.join(separator)).join(end);

test.each<[string, string, string]>([
  ['CSV', 'x.csv', table(',', ['path', 'label', 'split'])],
  [
    'with a byte order mark, CRLF and an end',
    'x.csv',
    `\ufeff${table(',', ['Path', 'Label', 'Split'], '\r\n')}\r\n`,
  ],
  ['TSV', 'x.tsv', table('\t', ['file_name', 'class', 'subset'])],
  [
    'quoted, with other columns',
    'x.csv',
    `n,image,"the, rest",label,set\n${ROWS.map(([path, label, split], i) => `${i},"${path}","a, ""b""",${label},${split}`).join('\n')}`,
  ],
  [
    'JSONL',
    'x.jsonl',
    ROWS.map(([file_name, label, split]) => JSON.stringify({ file_name, label, split })).join('\n'),
  ],
  [
    'JSONL with empty lines',
    'x.ndjson',
    `\n${ROWS.map(([path, category, split]) => JSON.stringify({ category, split, path })).join('\n\n')}\n`,
  ],
])('%s', async (_, name, text) => {
  const task = await load(list(name, text));
  expect(task.name).toBe('x');
  expect(task.classes).toEqual(['cat', 'dog']);
  expect({ train: listed(task), test: listed(task, 'test') }).toEqual(EXPECTED);
});

test('without splits a part of each class is held out', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i}.jpg,${i % 2 ? 'dog' : 'cat'}`);
  const task = await load(list('x.csv', `path,label\n${rows.join('\n')}`));
  expect([task.train.length, task.test.length]).toEqual([16, 4]);
});

test('labels that are numbers are in the order of the numbers, and named by a file beside', async () => {
  const path = list('x.csv', 'path,label\n1.jpg,10\n2.jpg,10\n3.jpg,9\n4.jpg,9\n');
  expect((await load(path)).classes).toEqual(['9', '10']);
  write(join(path, '../classes.txt'), Array.from({ length: 11 }, (_, i) => `name ${i}`).join('\n'));
  expect((await load(path)).classes).toEqual(['name 9', 'name 10']);
  write(join(path, '../classes.txt'), 'only one\n');
  await expect(load(path)).rejects.toThrow(/has the label 9, and the file beside it names classes 0\.\.0/);
});

test('columns that are asked for', async () => {
  const path = list(
    'x.csv',
    'a,b,c,label\n1.jpg,cat,train,x\n2.jpg,dog,train,x\n3.jpg,cat,test,x\n4.jpg,dog,test,x\n',
  );
  const task = await load(path, { imageColumn: 'a', labelColumn: 'b', splitColumn: 'c' });
  expect(listed(task)).toEqual(['cat 1.jpg', 'dog 2.jpg']);
  await expect(load(path)).rejects.toThrow(
    /no column that is called as one of images is: path, .* It has: a, b, c, label\. .*--image-column/,
  );
  await expect(load(path, { imageColumn: 'd' })).rejects.toThrow(
    /no column 'd' \(--image-column\)\. It has: a, b, c, label/,
  );
});

test("Hugging Face's image folders: a list in the folder, or in those of the splits", async () => {
  const folder = join(temporaryFolder(), 'data');
  write(join(folder, 'metadata.csv'), table(',', ['file_name', 'label', 'split']));
  expect(listed(await load(folder))).toEqual(EXPECTED.train);
  const splits = join(temporaryFolder(), 'data');
  for (const split of ['train', 'validation'])
    write(
      join(splits, split, 'metadata.jsonl'),
      `{"file_name": "1.jpg", "label": 0}\n{"file_name": "2.jpg", "label": 1}\n`,
    );
  const task = await load(splits);
  expect(listed(task)).toEqual(['0 train/1.jpg', '1 train/2.jpg']);
  expect(listed(task, 'test')).toEqual(['0 validation/1.jpg', '1 validation/2.jpg']);
});

test('its images are read', async () => {
  const folder = join(temporaryFolder(), 'data');
  for (const [i, [path]] of ROWS.entries())
    await writeColour(join(folder, path.replace('jpg', 'png')), [60 * i, 9, 9]);
  const path = write(join(folder, 'x.csv'), table(',', ['path', 'label', 'split']).replaceAll('jpg', 'png'));
  const task = await load(path);
  for await (const batch of batches(task.test, { batchSize: 2, imageSize: 4 })) {
    expect([...batch.labels.data]).toEqual([0, 1]);
    expect([batch.images.data[0], batch.images.data[48]]).toEqual([120, 180]);
    batch.dispose();
  }
});

test('an image that is listed again counts once where a part is held out by chance', async () => {
  const rows = [1, 2, 3, 4, 5, 6].map((i) => `${i}.jpg,${i % 2 ? 'cat' : 'dog'}`);
  const task = await load(list('x.csv', ['path,label', ...rows, ...rows, './1.jpg,cat'].join('\n')));
  const paths = [...pathsOf(task.train), ...pathsOf(task.test)].sort();
  expect(paths).toEqual([1, 2, 3, 4, 5, 6].map((i) => `${i}.jpg`));
});

test('in a split of its own it is an image seen twice', async () => {
  const task = await load(list('x.csv', `${table(',', ['path', 'label', 'split'])}\n${ROWS[0].join(',')}\n`));
  expect(listed(task)).toEqual([...EXPECTED.train, 'cat a/1.jpg']);
});

test('paths are joined and made plain, and absolute ones stay', async () => {
  const path = list(
    'x.csv',
    'path,label,split\na/1.jpg,cat,train\n./a//2.jpg,dog,train\na/../3.jpg,cat,train\n/x/data/4.jpg,cat,val\n/x/data/5.jpg,dog,val',
  );
  const task = await load(path);
  expect(listed(task)).toEqual(['cat a/1.jpg', 'dog a/2.jpg', 'cat 3.jpg']);
  expect(task.test.source.kind === 'encoded' && task.test.source.images.nameOf(1)).toBe('/x/data/5.jpg');
});

test('lines are counted through quotes and empty lines, and JSON may hold the separators of Unicode', async () => {
  const quoted = list('x.csv', 'note,path,label\n\n"two\nlines, ""1"" more",1.jpg,cat\r\n\nx,2.jpg,\n');
  await expect(load(quoted)).rejects.toThrow(/x\.csv, line 6: it has no label/);
  const odd = ['a\u2028b', 'c'].flatMap((label) => [1, 2].map((i) => ({ path: `${label}/${i}.jpg`, label })));
  const task = await load(list('x.jsonl', odd.map((each) => JSON.stringify(each)).join('\r\n')));
  expect(task.classes).toEqual(['a\u2028b', 'c']);
});

test('a JSONL line may have other keys than the one before', async () => {
  const lines = ['{"path": "1.jpg", "label": "a"}', '{"label": "b", "file": "2.jpg", "split": "val"}'];
  const path = list('x.jsonl', lines.join('\n'));
  await expect(load(path)).rejects.toThrow('has the splits all, val');
  const first = '{"path": "1.jpg", "label": "a", "split": "train"}';
  expect(listed(await load(list('x.jsonl', `${first}\n${lines[1]}`)), 'test')).toEqual(['b 2.jpg']);
});

test('a list longer than what is read at once', async () => {
  const n = 30_000;
  const rows = Array.from({ length: n }, (_, i) => [
    `é${i % 7}/${i}.jpg`,
    `c${i % 3}`,
    i < 20_000 ? 'train' : 'val',
  ]);
  const csv = await load(list('x.csv', ['path,label,split', ...rows.map((row) => row.join(','))].join('\n')));
  const expected = rows.map(([path, label]) => `${label} ${path}`);
  expect([...listed(csv), ...listed(csv, 'test')]).toEqual(expected);
  const objects = rows.map(([path, label, split]) => JSON.stringify({ path, label, split }));
  const jsonl = await load(list('x.jsonl', objects.join('\n')));
  expect([...listed(jsonl), ...listed(jsonl, 'test')]).toEqual(expected);
});

describe('what is wrong is named, with its line', () => {
  test.each<[string, string, string, RegExp]>([
    ['no label', 'x.csv', 'path,label\n1.jpg,cat\n2.jpg,\n', /x\.csv, line 3: it has no label/],
    [
      'no path',
      'x.jsonl',
      '{"path": "1.jpg", "label": "a"}\n{"path": "", "label": "a"}',
      /x\.jsonl, line 2: it has no path/,
    ],
    [
      'another number of columns',
      'x.csv',
      'path,label\n1.jpg,cat\n2.jpg\n',
      /x\.csv, line 3: expected 2 columns as in the header, received 1/,
    ],
    [
      'a separator without quotes',
      'x.csv',
      'path,label\n1.jpg,cat\n2.jpg,cat, black\n',
      /x\.csv, line 3: expected 2 columns as in the header, received 3\. .*needs quotes/,
    ],
    [
      'a quote that is never closed',
      'x.csv',
      'path,label\n1.jpg,"cat\n2.jpg,dog\n',
      /x\.csv cannot be read: .*quote/i,
    ],
    [
      'a quote that takes in the rest of a long list',
      'x.csv',
      `path,label\n"${'1.jpg,cat\n'.repeat(200_000)}`,
      /x\.csv cannot be read: Max Record Size/,
    ],
    [
      'a line without an end',
      'x.jsonl',
      `{"path": "1.jpg", "label": "a"}\n{"path": "${'x'.repeat(2 ** 20)}`,
      /x\.jsonl, line 2: it is longer than 1048576 characters/,
    ],
    [
      'an image to train on that is held out',
      'x.csv',
      'path,label,split\n1.jpg,cat,train\n2.jpg,dog,train\n1.jpg,cat,val\n2.jpg,dog,val\n',
      /gives .*1\.jpg two splits: train in line 2, val in line 4\. Correct one/,
    ],
    [
      'a path that climbs out behind one that does not',
      'x.csv',
      'path,label\na/1.jpg,cat\na/..,cat\n',
      /x\.csv, line 3: 'a\/\.\.' lies outside/,
    ],
    ['no JSON', 'x.jsonl', '{"path": "1.jpg", "label": "a"}\n{"path": ', /x\.jsonl, line 2: it is no JSON/],
    ['an array', 'x.jsonl', '["1.jpg", "a"]', /x\.jsonl, line 1: expected an object/],
    [
      'a label that is an object',
      'x.jsonl',
      '{"path": "1.jpg", "label": {"a": 1}}',
      /line 1: 'label' is neither a text nor a number/,
    ],
    [
      'a JSONL line without a label',
      'x.jsonl',
      '{"path": "1.jpg"}',
      /x\.jsonl, line 1, has no column .* labels is: label/,
    ],
    [
      'an unknown split',
      'x.csv',
      'path,label,split\n1.jpg,cat,trian\n',
      /x\.csv, line 2: 'trian' is no split\. Expected train, val or test/,
    ],
    [
      'two labels',
      'x.csv',
      'path,label\n1.jpg,cat\n2.jpg,cat\n./1.jpg,dog\n',
      /gives .*1\.jpg two labels: cat in line 2, dog in line 4/,
    ],
    [
      'a path that climbs out',
      'x.csv',
      'path,label\n../1.jpg,cat\n2.jpg,dog\n',
      /x\.csv, line 2: '\.\.\/1\.jpg' lies outside .*--follow-links/,
    ],
    [
      'an address',
      'x.csv',
      'path,label\nhttps://a.b/1.jpg,cat\n',
      /line 2: 'https:\/\/a\.b\/1\.jpg' is an address/,
    ],
    ['nothing but a header', 'x.csv', 'path,label\n', /x\.csv lists no images/],
    ['one class', 'x.csv', 'path,label\n1.jpg,cat\n2.jpg,cat\n', /only one class, cat/],
  ])('%s', async (_, name, text, message) => {
    await expect(load(list(name, text))).rejects.toThrow(message);
  });

  test('a path that climbs out, where that is allowed', async () => {
    const path = list('x.csv', 'path,label\n../1.jpg,cat\n2.jpg,dog\n3.jpg,dog\n');
    expect((await load(path, { followLinks: true })).train.length).toBe(2);
  });
});
