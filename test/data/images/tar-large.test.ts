import { closeSync, openSync, readdirSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Header } from 'tar';
import { expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { loadPlace } from '../../../src/data/layouts/index.js';
import { testData } from '../../test-data.js';
import { temporaryFolder } from '../fixtures.js';

const BYTES = 10 * 2 ** 30;
const photos = testData('photos/train');
const { bavail, bsize } = statfsSync(tmpdir());
const isAsked = process.env.SAM_FINETUNE_LONG === '1' && photos !== undefined && bavail * bsize > 1.2 * BYTES;

/** Bytes that this process has read so far. */
const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);

/** An archive of two classes, the photographs again and again. */
function writeArchive(path: string): number {
  const folders = readdirSync(photos!).slice(0, 2);
  const images = folders.map((folder) =>
    readdirSync(join(photos!, folder)).map((name) => readFileSync(join(photos!, folder, name))),
  );
  const file = openSync(path, 'w');
  let [written, count] = [0, 0];
  for (; written < BYTES; count++) {
    const which = count % 2;
    const content = images[which]![(count >> 1) % images[which]!.length]!;
    const header = new Header({
      path: `${folders[which]}/${count}.JPEG`,
      size: content.length,
      mode: 0o644,
      type: 'File',
    });
    header.encode();
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    written += writeSync(file, Buffer.concat([header.block!, content, padding]));
  }
  writeSync(file, Buffer.alloc(1024));
  closeSync(file);
  return count;
}

test.skipIf(!isAsked)(
  'an archive of 10 GB is read once, front to back, in flat memory',
  { timeout: 3_600_000 },
  async () => {
    const path = join(temporaryFolder(), 'large.tar');
    const count = writeArchive(path);
    const before = bytesRead();
    let started = performance.now();
    const cache = temporaryFolder();
    const task = await loadPlace(path, { cache, validationFraction: 0.0001 });
    const indexing = bytesRead() - before;
    console.log(
      `${count} images indexed in ${((performance.now() - started) / 1000).toFixed(1)} s, ${(indexing / 2 ** 20).toFixed(0)} MiB read`,
    );
    const again = performance.now();
    await loadPlace(path, { cache, validationFraction: 0.0001 });
    console.log(`again, from the index that was kept: ${((performance.now() - again) / 1000).toFixed(1)} s`);
    const { source } = task.train satisfies Dataset;
    if (source.kind !== 'encoded') throw new Error('expected encoded images');
    const start = bytesRead();
    started = performance.now();
    let [taken, most, least] = [0, 0, Number.POSITIVE_INFINITY];
    for (let row = 0; row < source.images.length; row += 32) {
      const reads = [];
      for (let i = row; i < Math.min(row + 32, source.images.length); i++)
        reads.push(source.images.at(i).read());
      for (const bytes of await Promise.all(reads)) taken += bytes.length;
      if (row % 3200 === 0 && row > 32_000) {
        const { rss } = process.memoryUsage();
        most = Math.max(most, rss);
        least = Math.min(least, rss);
      }
    }
    const seconds = (performance.now() - started) / 1000;
    const read = bytesRead() - start;
    console.log(
      `${(source.images.length / seconds).toFixed(0)} images a second, ${(taken / seconds / 2 ** 20).toFixed(0)} MiB/s, memory ${(least / 2 ** 20).toFixed(0)} to ${(most / 2 ** 20).toFixed(0)} MiB`,
    );
    expect(read).toBeLessThan(1.05 * BYTES);
    expect(read).toBeGreaterThan(0.9 * BYTES);
    expect(most - least).toBeLessThan(150 * 2 ** 20);
  },
);
