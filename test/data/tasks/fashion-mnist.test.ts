import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FASHION_MNIST, loadFashionMnist } from '../../../src/data/tasks/fashion-mnist.js';
import { nameOf } from '../../../src/data/tasks/task-files.js';
import { serve, temporaryFolder, write } from '../fixtures.js';
import { fashionFiles, idxImages, idxLabels } from './idx.js';

function writeFashion(folder = temporaryFolder()): string {
  for (const [name, content] of Object.entries(fashionFiles())) write(join(folder, name), content);
  return folder;
}

const load = (data: string) => loadFashionMnist(FASHION_MNIST, { data, cache: '/nowhere' });

test('grey becomes three equal channels', async () => {
  const task = await load(writeFashion());
  expect([...task.train.labels]).toEqual([9, 0, 3]);
  expect([...task.test.labels]).toEqual([5, 1]);
  const { source } = task.train;
  if (source.kind !== 'array') throw new Error('expected an array');
  expect([source.height, source.width, source.pixels.length]).toEqual([28, 28, 3 * 784 * 3]);
  // Image 2, row 1, column 4: value 32 of an image that starts with 2.
  const at = 3 * (2 * 784 + 32);
  expect([...source.pixels.subarray(at - 3, at + 3)]).toEqual([33, 33, 33, 34, 34, 34]);
  expect([task.classes[9], task.mirrors ?? true, task.name]).toEqual(['Ankle boot', true, 'fashion-mnist']);
});

test('files may be unpacked already', async () => {
  const [packed, plain] = [writeFashion(), temporaryFolder()];
  write(join(plain, 'train-images-idx3-ubyte'), idxImages(3));
  write(join(plain, 'train-labels-idx1-ubyte'), idxLabels([9, 0, 3]));
  write(join(plain, 't10k-images-idx3-ubyte'), idxImages(2));
  write(join(plain, 't10k-labels-idx1-ubyte'), idxLabels([5, 1]));
  expect((await load(plain)).fingerprint).toBe((await load(packed)).fingerprint);
});

describe('errors', () => {
  const NAMES = FASHION_MNIST.files.map(nameOf);
  const [IMAGES, LABELS] = ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'];

  test('a folder that does not exist, and files that are missing', async () => {
    await expect(load('/nowhere/at/all')).rejects.toThrow(
      "Expected an existing folder for --data, received '/nowhere/at/all'. Leave --data out to have Fashion-MNIST downloaded.",
    );
    const empty = temporaryFolder();
    await expect(load(empty)).rejects.toThrow(`No Fashion-MNIST in ${empty}: it lacks ${NAMES.join(', ')}.`);
  });

  test.each([
    ['another data set', IMAGES, gzipSync(idxLabels([1])), 'it starts with 0x801, expected 0x803'],
    [
      'images of another size',
      IMAGES,
      gzipSync(idxImages(1, 32)),
      'an item has 32 x 32 values, expected 28 x 28',
    ],
    [
      'an unpacked file that was cut off',
      IMAGES,
      idxImages(3).subarray(0, 2000),
      'expected 2368 bytes, received 2000',
    ],
    ['an empty one', LABELS, idxLabels([]), 'it is empty'],
    ['one that ends in its header', LABELS, idxLabels([1]).subarray(0, 7), 'it ends after 7 bytes'],
  ])('%s', async (_, name, content, problem) => {
    const folder = writeFashion();
    const file = write(join(folder, name), content);
    await expect(load(folder)).rejects.toThrow(
      `${file} is not Fashion-MNIST in its idx layout: ${problem}. Get it again.`,
    );
  });

  test('a packed file that was cut off', async () => {
    const folder = writeFashion();
    const file = write(join(folder, IMAGES), fashionFiles()[IMAGES]!.subarray(0, 60));
    await expect(load(folder)).rejects.toThrow(
      `${file} cannot be unpacked: unexpected end of file. Get it again.`,
    );
  });

  test('images and labels that do not belong together, a label that does not exist', async () => {
    const folder = writeFashion();
    const file = write(join(folder, LABELS), idxLabels([1, 2]));
    await expect(load(folder)).rejects.toThrow(`3 images and ${file} 2 labels: they do not belong together`);
    write(file, idxLabels([1, 10, 2]));
    await expect(load(folder)).rejects.toThrow(`${file} holds the label 10 at 1; Fashion-MNIST has 0..9.`);
  });
});

test('downloads into the cache, and refuses what has another checksum', async () => {
  const files = fashionFiles();
  const { url } = await serve((request, response) => response.end(files[request.url!.slice(1)]));
  const layout = {
    ...FASHION_MNIST,
    files: FASHION_MNIST.files.map((file) => {
      const content = files[nameOf(file)]!;
      const md5 = createHash('md5').update(content).digest('hex');
      return { url: `${url}/${nameOf(file)}`, bytes: content.length, md5 };
    }),
  };
  const cache = temporaryFolder();
  expect((await loadFashionMnist(layout, { cache })).train.length).toBe(3);
  const wrong = { ...layout, files: layout.files.map((file) => ({ ...file, md5: '0'.repeat(32) })) };
  await expect(loadFashionMnist(wrong, { cache: temporaryFolder() })).rejects.toThrow(
    `expected the MD5 checksum ${'0'.repeat(32)}`,
  );
  await expect(loadFashionMnist(wrong, { cache })).rejects.toThrow(
    `${join(cache, 'data/fashion-mnist/train-images-idx3-ubyte.gz')} is not the file of`,
  );
});
