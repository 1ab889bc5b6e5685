import { readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { namesOf, TarFiles, TarImages } from '../../../src/data/images/index.js';
import { shuffled } from '../../../src/data/random.js';
import { indexTar } from '../../../src/data/tar/index.js';
import { InputError } from '../../../src/errors.js';
import { bytesRead, temporaryFolder, write } from '../fixtures.js';
import { END, member } from '../tar/write.js';

afterEach(() => vi.useRealTimers());

/** Content that tells its row, and differs from place to place. */
const contentOf = (row: number, bytes: number) => Buffer.alloc(bytes, `${row} `);

/** A store of archives of `perArchive` images, of `bytes` each. */
async function store(archives: number, perArchive: number, bytes: number) {
  const folder = temporaryFolder();
  const indexes = [];
  for (let a = 0; a < archives; a++) {
    const parts = Array.from({ length: perArchive }, (_, i) =>
      member(`${i}.jpg`, contentOf(a * perArchive + i, bytes)),
    );
    const path = write(join(folder, `${String(a).padStart(3, '0')}.tar`), Buffer.concat([...parts, END]));
    indexes.push(indexTar(path, temporaryFolder()));
  }
  const rows = Int32Array.from({ length: archives * perArchive }, (_, row) => row);
  return { folder, images: new TarImages(new TarFiles(indexes), rows), rows };
}

/** Reads `rows`, several at once; whether each is what it should be. */
async function check(images: TarImages, rows: Int32Array, bytes: number, atOnce = 16): Promise<void> {
  for (let at = 0; at < rows.length; at += atOnce) {
    const some = [...rows.subarray(at, at + atOnce)];
    const read = await Promise.all(some.map((row) => images.at(row).read()));
    for (const [i, row] of some.entries())
      if (!contentOf(row, bytes).equals(read[i]!)) throw new Error(`Row ${row} is not what was written.`);
  }
}

/** How many files of a folder this process has open. */
const openIn = (folder: string): number =>
  readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

const hasProc = bytesRead() !== undefined;

describe.skipIf(!hasProc)('bytes that are read', () => {
  const [count, bytes] = [2000, 10_000];
  /** With its header, in whole blocks; 1 % for what else the process reads. */
  const most = 1.01 * count * (512 + 10_240);

  test('in order: each once, in few reads', async () => {
    const { images, rows } = await store(2, count / 2, bytes);
    const [before, calls] = [bytesRead()!, bytesRead('syscr')!];
    await check(images, rows, bytes);
    expect(bytesRead()! - before).toBeGreaterThan(count * bytes);
    expect(bytesRead()! - before).toBeLessThan(most);
    expect(bytesRead('syscr')! - calls).toBeLessThan(count / 2);
  });

  test('in order but for neighbours, as decoders ask: each once', async () => {
    const { images, rows: inOrder } = await store(1, count, bytes);
    const rows = inOrder.slice();
    for (let i = 0; i + 1 < count; i += 3) [rows[i], rows[i + 1]] = [rows[i + 1]!, rows[i]!];
    const [before, calls] = [bytesRead()!, bytesRead('syscr')!];
    await check(images, rows, bytes);
    expect(bytesRead()! - before).toBeLessThan(most);
    expect(bytesRead('syscr')! - calls).toBeLessThan(count / 2);
  });

  test('jumping: hardly more than the images', async () => {
    const { images } = await store(2, count / 2, bytes);
    const rows = shuffled(count, 1, 1).subarray(0, 500);
    const before = bytesRead()!;
    await check(images, rows, bytes);
    expect(bytesRead()! - before).toBeLessThan(1.3 * rows.length * bytes);
  });
});

describe.skipIf(!hasProc)('open archives', () => {
  test('are few, and closed when they are not read for a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { folder, images, rows } = await store(100, 3, 600);
    expect(openIn(folder)).toBe(0);
    await check(images, rows, 600, 300);
    expect(openIn(folder)).toBeLessThanOrEqual(64);
    expect(openIn(folder)).toBeGreaterThan(0);
    vi.advanceTimersByTime(4000);
    await check(images, rows.subarray(0, 3), 600);
    vi.advanceTimersByTime(4000);
    expect(openIn(folder)).toBeGreaterThan(0);
    vi.advanceTimersByTime(2000);
    expect(openIn(folder)).toBe(0);
    await check(images, rows, 600);
  });
});

describe('an archive that was changed since', () => {
  test('before it is opened: none of it is taken for an image', async () => {
    const { folder, images } = await store(1, 20, 600);
    write(join(folder, '000.tar'), Buffer.concat([member('other.jpg', 'other'), Buffer.alloc(40_000), END]));
    const reading = images.at(3).read();
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(/image \S+000\.tar: 3\.jpg: the archive was changed since/);
  });

  test('while it is open: what is still there is read, what is not is named', async () => {
    const { folder, images, rows } = await store(1, 20, 600);
    await images.at(15).read();
    truncateSync(join(folder, '000.tar'), 10 * 1536 + 512 + 100);
    await images.at(0).read();
    await check(images, rows.subarray(1, 10), 600);
    await expect(images.at(10).read()).rejects.toThrow(/000\.tar: 10\.jpg: the archive became shorter/);
    await expect(images.at(11).read()).rejects.toThrow(/000\.tar: 11\.jpg: the archive became shorter/);
  });

  test('one that is gone', async () => {
    const { folder, images } = await store(1, 3, 600);
    rmSync(join(folder, '000.tar'));
    await expect(images.at(0).read()).rejects.toThrow(/Cannot read the image \S+000\.tar: 0\.jpg: ENOENT/);
  });
});

test('names, stamps and selections', async () => {
  const { folder, images, rows } = await store(2, 3, 600);
  expect([...namesOf(images)]).toEqual(
    [...rows].map((row) => `${join(folder, `00${Math.floor(row / 3)}.tar`)}: ${row % 3}.jpg`),
  );
  expect(new Set([...rows].map((row) => images.stampOf(row))).size).toBe(6);
  const some = images.select(Int32Array.of(5, 0)).select(Int32Array.of(0, 0, 1));
  expect([...namesOf(some)].map((name) => name.slice(-12))).toEqual([
    '1.tar: 2.jpg',
    '1.tar: 2.jpg',
    '0.tar: 0.jpg',
  ]);
  expect(Buffer.from(await some.at(2).read()).equals(contentOf(0, 600))).toBe(true);
});
