import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageFiles, NameTable, namesOf } from '../../../src/data/images/index.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';

test('a table of names gives back what was put in, whatever the characters', () => {
  const names = Array.from(
    { length: 5000 },
    (_, i) => ['', 'a', 'ünï', '图像', '🐟'][i % 5]! + 'x'.repeat(i % 97) + i,
  );
  const table = new NameTable();
  expect(names.map((name) => table.add(name))).toEqual([...names.keys()]);
  expect(names.map((_, i) => table.at(i))).toEqual(names);
  expect(table.length).toBe(5000);
});

test('paths come back as they were given', () => {
  const paths = ['/a/b/c.jpg', '/a/d.jpg', 'e.jpg', './f/g.jpg', '/a/b/h.jpg', '/i.jpg', '../j.jpg'];
  const store = imageFiles(paths);
  expect([...namesOf(store)]).toEqual(paths);
  expect(paths.map((_, row) => store.at(row).path)).toEqual(paths);
});

test('a selection, and a selection of that', () => {
  const store = imageFiles(['/0', '/1', '/2', '/3', '/4']);
  const some = store.select(Int32Array.of(4, 2, 0));
  expect([...namesOf(some)]).toEqual(['/4', '/2', '/0']);
  expect([...namesOf(some.select(Int32Array.of(2, 2, 1)))]).toEqual(['/0', '/0', '/2']);
  expect(store.length).toBe(5);
});

test('reads a file; a missing one is named', async () => {
  const path = write(join(temporaryFolder(), 'a.jpg'), 'content');
  const store = imageFiles([path, '/nowhere/b.jpg']);
  expect(Buffer.from(await store.at(0).read()).toString()).toBe('content');
  const failure = store.at(1).read();
  await expect(failure).rejects.toThrow(InputError);
  await expect(failure).rejects.toThrow('Cannot read the image /nowhere/b.jpg');
});

test('a stamp tells a file that was changed from one that was not', () => {
  const path = write(join(temporaryFolder(), 'a.jpg'), 'content');
  const store = imageFiles([path]);
  const before = store.stampOf(0);
  expect(store.stampOf(0)).toBe(before);
  utimesSync(path, new Date(1e12), new Date(1e12));
  expect(store.stampOf(0)).not.toBe(before);
});

test('a million paths take less than 40 bytes each', () => {
  const count = 1_000_000;
  const before = process.memoryUsage();
  const store = imageFiles(
    (function* () {
      for (let i = 0; i < count; i++) yield `/data/train/n${1e7 + (i % 1000)}/n${1e7 + (i % 1000)}_${i}.JPEG`;
    })(),
  );
  const after = process.memoryUsage();
  const held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(store.length).toBe(count);
  expect(store.nameOf(123_456)).toBe('/data/train/n10000456/n10000456_123456.JPEG');
  // The name, 4 bytes for its end, 4 for its folder; twice that while there is room to grow. What is not collected yet counts too.
  expect(store.nameOf(123_456).length).toBeGreaterThan(40);
  expect(held / count).toBeLessThan(120);
});
