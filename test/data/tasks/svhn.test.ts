import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadSvhn, SVHN, SVHN_EXTRA, type SvhnLayout } from '../../../src/data/tasks/svhn.js';
import { nameOf } from '../../../src/data/tasks/task-files.js';
import { serve, temporaryFolder, write } from '../fixtures.js';
import { matFile, svhnFile } from '../mat/write.js';

/** SVHN with three images to train on, two held out, and one extra. */
function writeSvhn(folder = temporaryFolder()): string {
  write(join(folder, 'train_32x32.mat'), svhnFile([1, 10, 9]));
  write(join(folder, 'test_32x32.mat'), svhnFile([10, 3]));
  write(join(folder, 'extra_32x32.mat'), svhnFile([5], { compress: false }));
  return folder;
}

const load = (data: string, layout: SvhnLayout = SVHN) => loadSvhn(layout, { data, cache: '/nowhere' });

function pixelsOf({ source }: { source: { kind: string; pixels?: Uint8Array } }): Uint8Array {
  if (source.kind !== 'array' || !source.pixels) throw new Error('expected an array');
  return source.pixels;
}

test('10 is the digit 0, rows and columns are not exchanged', async () => {
  const task = await load(writeSvhn());
  expect([...task.train.labels]).toEqual([1, 0, 9]);
  expect([...task.test.labels]).toEqual([0, 3]);
  const pixels = pixelsOf(task.train);
  expect(pixels.length).toBe(3 * 3072);
  for (const [image, row, column, channel] of [
    [0, 0, 0, 0],
    [0, 5, 2, 1],
    [2, 31, 7, 2],
  ] as const) {
    expect(pixels[image * 3072 + (row * 32 + column) * 3 + channel]).toBe(
      (8 * row + column + 85 * channel + 40 * image) % 256,
    );
  }
  expect([task.classes[0], task.mirrors, task.name]).toEqual(['0', false, 'svhn']);
});

test('the same as in a file that scipy wrote', async () => {
  const folder = temporaryFolder();
  const byScipy = readFileSync(fileURLToPath(new URL('svhn-by-scipy.mat', import.meta.url)));
  write(join(folder, 'train_32x32.mat'), byScipy);
  write(join(folder, 'test_32x32.mat'), svhnFile([10, 3]));
  const { train, test: heldOut } = await load(folder);
  expect(train).toEqual(heldOut);
});

test('extra images come after the others, and make another data set', async () => {
  const folder = writeSvhn();
  const [plain, extra] = [await load(folder), await load(folder, SVHN_EXTRA)];
  expect([...extra.train.labels]).toEqual([1, 0, 9, 5]);
  expect(pixelsOf(extra.train).subarray(0, 3 * 3072)).toEqual(pixelsOf(plain.train));
  expect(pixelsOf(extra.train)[3 * 3072 + 3]).toBe(1);
  expect(extra.test).toEqual(plain.test);
  expect(extra.fingerprint).not.toBe(plain.fingerprint);
});

test('labels may be stored as doubles, and one image has three dimensions', async () => {
  const folder = writeSvhn();
  const X = { name: 'X', shape: [32, 32, 3], values: new Uint8Array(3072).fill(7) };
  write(
    join(folder, 'train_32x32.mat'),
    matFile([{ name: 'y', shape: [1, 1], values: Float64Array.of(10) }, X]),
  );
  const { train } = await load(folder);
  expect([train.length, train.labels[0], pixelsOf(train)[3071]]).toEqual([1, 0, 7]);
});

describe('errors', () => {
  test('files that are missing, and where to get them', async () => {
    const folder = temporaryFolder();
    write(join(folder, 'svhn/test_32x32.mat'), svhnFile([1]));
    await expect(load(folder)).rejects.toThrow(
      `No SVHN in ${join(folder, 'svhn')}: it lacks train_32x32.mat. Put them there from http://ufldl.stanford.edu/housenumbers/, or leave --data out`,
    );
  });

  test.each([
    [
      'another shape',
      [{ name: 'X', shape: [3, 32, 32, 1], values: new Uint8Array(3072) }],
      '3 x 32 x 32 x 1',
    ],
    ['no bytes', [{ name: 'X', shape: [32, 32, 3, 1], values: new Float64Array(3072) }], 'unsigned bytes'],
    [
      'more images than labels',
      [{ name: 'X', shape: [32, 32, 3, 2], values: new Uint8Array(6144) }],
      '2 images and 1 labels',
    ],
  ])('%s', async (_, variables, problem) => {
    const folder = writeSvhn();
    const y = { name: 'y', shape: [1, 1], values: Uint8Array.of(1) };
    const file = write(join(folder, 'train_32x32.mat'), matFile([...variables, y]));
    const failure = load(folder);
    await expect(failure).rejects.toThrow(`${file} is not SVHN's cropped digits: `);
    await expect(failure).rejects.toThrow(problem);
    await expect(failure).rejects.toThrow('Get it again.');
  });

  test('a label that does not exist', async () => {
    const folder = writeSvhn();
    const file = write(join(folder, 'test_32x32.mat'), svhnFile([1, 0]));
    await expect(load(folder)).rejects.toThrow(
      `${file} is not SVHN's cropped digits: it holds the label 0 at 1; SVHN has 1..10. Get it again.`,
    );
  });
});

describe('without a folder', () => {
  /** The layout with its files on a local server; `damage` of them differ from their checksums. */
  async function serveSvhn(damage: (name: string, file: Buffer) => Buffer = (_, file) => file) {
    const files: Record<string, Buffer> = {
      'test_32x32.mat': svhnFile([10, 3]),
      'train_32x32.mat': svhnFile([1, 10, 9]),
    };
    const { url, ranges } = await serve((request, response) => {
      const name = request.url!.slice(1);
      response.end(damage(name, files[name]!));
    });
    const layout = {
      ...SVHN,
      files: SVHN.files.map((file) => {
        const content = files[nameOf(file)]!;
        const md5 = createHash('md5').update(content).digest('hex');
        return { url: `${url}/${nameOf(file)}`, bytes: content.length, md5 };
      }),
    };
    return { layout, ranges };
  }

  test('downloads into the cache once', async () => {
    const { layout, ranges } = await serveSvhn();
    const cache = temporaryFolder();
    const task = await loadSvhn(layout, { cache });
    expect([...task.train.labels]).toEqual([1, 0, 9]);
    expect((await loadSvhn(layout, { cache })).fingerprint).toBe(task.fingerprint);
    expect(ranges.length).toBe(2);
  });

  test('a checksum that does not match', async () => {
    const { layout } = await serveSvhn((_, file) => {
      const other = Buffer.from(file);
      other[130]! ^= 1;
      return other;
    });
    await expect(loadSvhn(layout, { cache: temporaryFolder() })).rejects.toThrow(/expected the MD5 checksum/);
  });

  test('a file put into the cache that is another one', async () => {
    const { layout } = await serveSvhn();
    const cache = temporaryFolder();
    const file = write(join(cache, 'data/svhn/train_32x32.mat'), svhnFile([1]));
    await expect(loadSvhn(layout, { cache })).rejects.toThrow(`${file} is not the file of http://127.0.0.1`);
  });

  test('no connection: which files to put where', async () => {
    const layout = {
      ...SVHN,
      files: SVHN.files.map((file) => ({ ...file, url: `http://127.0.0.1:9/${nameOf(file)}` })),
    };
    const cache = temporaryFolder();
    await expect(loadSvhn(layout, { cache, attempts: 1 })).rejects.toThrow(
      `Without a connection: put SVHN's files test_32x32.mat (64275384 bytes, from http://127.0.0.1:9/test_32x32.mat), ` +
        `train_32x32.mat (182040794 bytes, from http://127.0.0.1:9/train_32x32.mat) into ${join(cache, 'data/svhn')}, or into any folder and name it with --data DIR.`,
    );
  });
});
