import { closeSync, openSync, readdirSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Header } from 'tar';
import { expect, test } from 'vitest';
import { type ImageStore, TarFiles, TarImages } from '../../../src/data/images/index.js';
import { shuffled } from '../../../src/data/random.js';
import { indexTar } from '../../../src/data/tar/index.js';
import { testData } from '../../test-data.js';
import { bytesRead, temporaryFolder } from '../fixtures.js';

const BYTES = 10 * 2 ** 30;
const photos = testData('photos/train');
const { bavail, bsize } = statfsSync(tmpdir());
const isAsked =
  process.env.SAM_FINETUNE_LONG === '1' && photos !== undefined && bavail * bsize > 15 * 2 ** 30;

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

/** Reads images 32 at a time, as the decoders do; their bytes, and how much more memory the process took at most. */
async function readAll(images: ImageStore): Promise<{ taken: number; growth: number }> {
  const { rss: before } = process.memoryUsage();
  let [taken, most] = [0, before];
  for (let row = 0; row < images.length; row += 32) {
    const reads = [];
    for (let i = row; i < Math.min(row + 32, images.length); i++) reads.push(images.at(i).read());
    for (const bytes of await Promise.all(reads)) taken += bytes.length;
    if (row % 3200 === 0) most = Math.max(most, process.memoryUsage().rss);
  }
  return { taken, growth: most - before };
}

const seconds = (since: number) => (performance.now() - since) / 1000;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

test.skipIf(!isAsked)(
  'an archive of 10 GB is read once, front to back, in flat memory',
  { timeout: 3_600_000 },
  async () => {
    const path = join(temporaryFolder(), 'large.tar');
    const count = writeArchive(path);
    const cache = temporaryFolder();
    const start = bytesRead()!;
    let since = performance.now();
    const { names, offsets } = indexTar(path, cache);
    const indexing = bytesRead()! - start;
    expect(names.length).toBe(count);
    expect(offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]!)).toBe(true);
    console.log(
      `indexed: ${(count / seconds(since)).toFixed(0)} of ${count} a second, ${mib(indexing)} read`,
    );

    since = performance.now();
    const index = indexTar(path, cache);
    console.log(`the index that was kept: ${seconds(since).toFixed(2)} s`);
    const rows = Int32Array.from({ length: count }, (_, row) => row);
    const images = new TarImages(new TarFiles([index]), rows);
    since = performance.now();
    const before = bytesRead()!;
    const { taken, growth } = await readAll(images);
    const reading = bytesRead()! - before;
    console.log(
      `in order: ${(count / seconds(since)).toFixed(0)} a second, ${mib(taken / seconds(since))}/s, ${mib(reading)} read, memory grew by ${mib(growth)}`,
    );
    expect(taken).toBeGreaterThan(0.9 * BYTES);
    expect(indexing + reading).toBeLessThan(1.05 * BYTES);
    expect(growth).toBeLessThan(150 * 2 ** 20);

    const jumping = images.select(shuffled(count, 1, 1).subarray(0, 20_000));
    since = performance.now();
    const atJump = bytesRead()!;
    const random = await readAll(jumping);
    console.log(
      `at random: ${(jumping.length / seconds(since)).toFixed(0)} a second, ${mib(random.taken / seconds(since))}/s`,
    );
    expect(bytesRead()! - atJump).toBeLessThan(1.1 * random.taken);
  },
);
