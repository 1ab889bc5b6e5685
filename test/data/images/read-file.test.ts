import { randomBytes } from 'node:crypto';
import { readdirSync, truncateSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readFile } from '../../../src/data/images/read-file.js';
import { temporaryFolder, write } from '../fixtures.js';

test('gives the bytes of a file, of whatever length', async () => {
  const folder = temporaryFolder();
  for (const length of [0, 1, 100_000, 5_000_000]) {
    const bytes = randomBytes(length);
    const path = write(`${folder}/${length}`, bytes);
    expect(Buffer.compare(Buffer.from(await readFile(path)), bytes)).toBe(0);
  }
});

test('a folder, a device and a missing file are refused', async () => {
  await expect(readFile(temporaryFolder())).rejects.toThrow(/a folder/);
  await expect(readFile('/dev/null')).rejects.toThrow(/not a file/);
  await expect(readFile('/no/such.jpg')).rejects.toThrow(/ENOENT/);
});

test.skipIf(process.platform !== 'linux')('no file stays open, whether it was read or not', async () => {
  const path = write(`${temporaryFolder()}/image`, randomBytes(1000));
  const open = () => readdirSync('/proc/self/fd').length;
  await readFile(path);
  const before = open();
  await Promise.all(Array.from({ length: 300 }, () => readFile(path)));
  await Promise.allSettled(Array.from({ length: 300 }, () => readFile('/dev/null')));
  truncateSync(path, 0);
  await readFile(path);
  for (let i = 0; i < 100 && open() > before; i++) await setTimeout(20);
  expect(open()).toBeLessThanOrEqual(before);
});
