import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCifar } from '../../../src/data/tasks/cifar.js';
import type { CifarLayout } from '../../../src/data/tasks/cifar-layout.js';
import { CIFAR10 } from '../../../src/data/tasks/cifar10.js';
import { CIFAR100, CIFAR100_COARSE } from '../../../src/data/tasks/cifar100.js';
import { testData } from '../../test-data.js';
import { cifarRecord, serve, temporaryFolder, write } from '../fixtures.js';

/** Writes CIFAR-10 with files of 1 to 5 training images, labelled by the file's number, and 2 test images. */
function writeCifar10(folder: string): string {
  for (let n = 1; n <= 5; n++) {
    const records = Array.from({ length: n }, (_, i) => cifarRecord([n], 10 * n + i));
    write(join(folder, `data_batch_${n}.bin`), Buffer.concat(records));
  }
  write(join(folder, 'test_batch.bin'), Buffer.concat([cifarRecord([9], 1), cifarRecord([0], 2)]));
  return folder;
}

const load = (layout: CifarLayout, data: string) => loadCifar(layout, { data, cache: '/nowhere' });

test('reads all files in order, planes interleaved', async () => {
  const task = await load(CIFAR10, writeCifar10(temporaryFolder()));
  expect([...task.train.labels]).toEqual([1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5]);
  expect([...task.test.labels]).toEqual([9, 0]);
  expect([task.train.length, task.test.length]).toEqual([15, 2]);
  const { source } = task.train;
  if (source.kind !== 'array') throw new Error('expected an array');
  expect([source.height, source.width, source.pixels.length]).toEqual([32, 32, 15 * 3072]);
  // Row 2 is the second image of data_batch_2: shift 21. Position 33 is row 1, column 1.
  const at = 2 * 3072 + 33 * 3;
  const planar = cifarRecord([2], 21).subarray(1);
  expect([...source.pixels.subarray(at, at + 3)]).toEqual([planar[33], planar[1024 + 33], planar[2048 + 33]]);
  expect(task.classes[3]).toBe('cat');
});

test("finds the archive's folder in the one given", async () => {
  const folder = temporaryFolder();
  writeCifar10(join(folder, 'cifar-10-batches-bin'));
  expect((await load(CIFAR10, folder)).train.length).toBe(15);
});

test('class names come from the file beside the images, where there is one', async () => {
  const folder = writeCifar10(temporaryFolder());
  const file = write(join(folder, 'batches.meta.txt'), 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n');
  expect((await load(CIFAR10, folder)).classes).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']);
  write(file, 'a\nb\n');
  await expect(load(CIFAR10, folder)).rejects.toThrow(`Expected 10 class names in ${file}, received 2.`);
});

test('CIFAR-100 has fine and coarse labels', async () => {
  const folder = temporaryFolder();
  write(join(folder, 'train.bin'), Buffer.concat([cifarRecord([19, 99]), cifarRecord([4, 0])]));
  write(join(folder, 'test.bin'), cifarRecord([7, 42], 3));
  const fine = await load(CIFAR100, folder);
  const coarse = await load(CIFAR100_COARSE, folder);
  expect([...fine.train.labels, ...fine.test.labels]).toEqual([99, 0, 42]);
  expect([...coarse.train.labels, ...coarse.test.labels]).toEqual([19, 4, 7]);
  expect([fine.classes.length, fine.classes[99], coarse.classes.length]).toEqual([100, 'worm', 20]);
  expect(fine.train.source).toEqual(coarse.train.source);
  expect(fine.test.source.kind === 'array' && fine.test.source.pixels[0]).toBe(3);
});

describe('errors', () => {
  test('a folder that does not exist', async () => {
    await expect(load(CIFAR10, '/nowhere/at/all')).rejects.toMatchObject({
      name: 'InputError',
      message:
        "Expected an existing folder for --data, received '/nowhere/at/all'. Leave --data out to have CIFAR-10 downloaded.",
    });
  });

  test('files that are missing', async () => {
    const folder = writeCifar10(join(temporaryFolder(), 'cifar-10-batches-bin'));
    rmSync(join(folder, 'data_batch_4.bin'));
    rmSync(join(folder, 'test_batch.bin'));
    await expect(load(CIFAR10, join(folder, '..'))).rejects.toThrow(
      `${folder}: it lacks data_batch_4.bin, test_batch.bin. Leave --data out`,
    );
  });

  test('a file that was cut off, or is empty', async () => {
    const folder = writeCifar10(temporaryFolder());
    const file = write(join(folder, 'data_batch_3.bin'), cifarRecord([1]).subarray(0, 3000));
    await expect(load(CIFAR10, folder)).rejects.toThrow(
      `${file} is not CIFAR-10 in its binary layout: 3000 bytes`,
    );
    write(file, '');
    await expect(load(CIFAR10, folder)).rejects.toThrow(
      `${file} is not CIFAR-10 in its binary layout: 0 bytes`,
    );
  });

  test('a label that does not exist', async () => {
    const folder = writeCifar10(temporaryFolder());
    const file = write(join(folder, 'test_batch.bin'), Buffer.concat([cifarRecord([1]), cifarRecord([10])]));
    await expect(load(CIFAR10, folder)).rejects.toThrow(
      `${file} holds the label 10 in record 1; CIFAR-10 has 0..9. It is another data set, or damaged: get it again.`,
    );
  });
});

describe('without a folder', () => {
  function serveCifar10() {
    const folder = temporaryFolder();
    writeCifar10(join(folder, 'cifar-10-batches-bin'));
    execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, 'cifar-10-batches-bin']);
    const content = readFileSync(join(folder, 'a.tar.gz'));
    return serve((_, response) => response.end(content)).then(({ url, ranges }) => {
      const md5 = createHash('md5').update(content).digest('hex');
      const archive = {
        ...CIFAR10.archive,
        url: `${url}/cifar-10-binary.tar.gz`,
        bytes: content.length,
        md5,
      };
      return { layout: { ...CIFAR10, archive }, ranges };
    });
  }

  test('downloads into the cache once', async () => {
    const { layout, ranges } = await serveCifar10();
    const cache = temporaryFolder();
    let received = 0;
    const task = await loadCifar(layout, { cache, onProgress: (progress) => (received = progress.received) });
    expect(task.train.length).toBe(15);
    expect(received).toBe(layout.archive.bytes);
    expect((await loadCifar(layout, { cache })).fingerprint).toBe(task.fingerprint);
    expect(ranges.length).toBe(1);
  });

  test('says what to do when the cached folder is damaged', async () => {
    const { layout } = await serveCifar10();
    const cache = temporaryFolder();
    await loadCifar(layout, { cache });
    const folder = join(cache, 'data/cifar-10-batches-bin');
    rmSync(join(folder, 'test_batch.bin'));
    await expect(loadCifar(layout, { cache })).rejects.toThrow(
      `${folder} lacks test_batch.bin. Remove the folder to have it downloaded again.`,
    );
  });

  test('a failed download names the address, the file and the folder', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end());
    const layout = { ...CIFAR10, archive: { ...CIFAR10.archive, url: `${url}/cifar-10-binary.tar.gz` } };
    const cache = temporaryFolder();
    await expect(loadCifar(layout, { cache })).rejects.toThrow(
      `put cifar-10-binary.tar.gz (170052171 bytes, from ${url}/cifar-10-binary.tar.gz) into ${join(cache, 'data')}, or unpack it anywhere and name the folder with --data DIR.`,
    );
  });
});

const real10 = testData('cifar10');
const real100 = testData('cifar100');

describe.skipIf(!real10 || !real100)('real images', () => {
  const countsOf = (labels: Int32Array, classes: number) => {
    const counts = new Array<number>(classes).fill(0);
    for (const label of labels) counts[label]!++;
    return counts;
  };

  test('CIFAR-10: balanced, with the usual mean', async () => {
    const task = await load(CIFAR10, real10!);
    expect(countsOf(task.train.labels, 10)).toEqual(new Array(10).fill(500));
    expect(countsOf(task.test.labels, 10)).toEqual(new Array(10).fill(100));
    // The published channel means of CIFAR-10 are 125.3, 123.0 and 113.9.
    const { source } = task.train;
    if (source.kind !== 'array') throw new Error('expected an array');
    const sums = [0, 0, 0];
    for (let i = 0; i < source.pixels.length; i++) sums[i % 3]! += source.pixels[i]!;
    const means = sums.map((sum) => sum / (5000 * 1024));
    for (const [channel, mean] of [125.3, 123, 113.9].entries())
      expect(Math.abs(means[channel]! - mean)).toBeLessThan(3);
  });

  test('CIFAR-100: the fine labels agree with the coarse ones', async () => {
    const fine = await load(CIFAR100, real100!);
    const coarse = await load(CIFAR100_COARSE, real100!);
    expect(countsOf(fine.train.labels, 100)).toEqual(new Array(100).fill(13));
    expect(countsOf(fine.test.labels, 100)).toEqual(new Array(100).fill(10));
    const group = new Map<string, string>();
    fine.train.labels.forEach((label, row) => {
      group.set(fine.classes[label]!, coarse.classes[coarse.train.labels[row]!]!);
    });
    expect([group.get('dolphin'), group.get('rose'), group.get('tractor')]).toEqual([
      'aquatic_mammals',
      'flowers',
      'vehicles_2',
    ]);
  });
});
