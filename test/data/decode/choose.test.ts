import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { chooseDecoder } from '../../../src/data/decode/index.js';
import { imageFiles } from '../../../src/data/images/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { temporaryFolder, write } from '../fixtures.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const crop = { seed: 0, epoch: 1 };
const datasetOf = (paths: string[]): Dataset => ({
  length: paths.length,
  labels: new Int32Array(paths.length),
  source: { kind: 'encoded', images: imageFiles(paths) },
});

test('there is nothing to choose for arrays, nor for whole images', async () => {
  const pixels = new Uint8Array(12);
  const arrays: Dataset = {
    length: 1,
    labels: new Int32Array(1),
    source: { kind: 'array', pixels, height: 2, width: 2 },
  };
  expect(await chooseDecoder(arrays, { imageSize: 8, crop })).toEqual({
    name: 'sharp',
    why: 'nothing is decoded: its images are arrays',
  });
  expect(await chooseDecoder(datasetOf(['/nowhere/a.jpg']), { imageSize: 8 })).toEqual({
    name: 'sharp',
    why: 'images are decoded whole',
  });
});

test('the faster one on the data itself, with the rates of both', async () => {
  const folder = temporaryFolder();
  const noise = Buffer.from(Array.from({ length: 500 * 375 * 3 }, (_, i) => (i * 2654435761) >>> 24));
  const jpeg = await sharp(noise, { raw: { width: 500, height: 375, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
  const paths = Array.from({ length: 40 }, (_, i) => write(join(folder, `${i}.jpg`), jpeg));
  const { name, why } = await chooseDecoder(datasetOf(paths), { imageSize: 224, crop });
  const [, first, other, second] =
    /^([\d,]+) images a second on 32 of them, (sharp|tensorflow) ([\d,]+)$/.exec(why)!;
  const rate = (text: string) => Number(text.replaceAll(',', ''));
  expect(rate(first!)).toBeGreaterThanOrEqual(rate(second!));
  expect(other).not.toBe(name);
});

test('bad images do not keep it from choosing', async () => {
  const folder = temporaryFolder();
  const good = join(folder, 'good.png');
  await sharp({ create: { width: 40, height: 40, channels: 3, background: 'red' } }).toFile(good);
  const choice = await chooseDecoder(datasetOf([good, write(join(folder, 'bad.jpg'), 'text'), good]), {
    imageSize: 8,
    crop,
  });
  expect(choice.why).toMatch(/on 3 of them/);
});
