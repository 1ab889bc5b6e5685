import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { BadImages, substituteOf } from '../../src/data/bad-images.js';
import { batches } from '../../src/data/batches.js';
import type { Dataset } from '../../src/data/dataset.js';
import { sharpDecoder, tensorflowDecoder } from '../../src/data/decode/index.js';
import { imageFiles } from '../../src/data/images/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { temporaryFolder, write } from './fixtures.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const COUNT = 300;
const BAD = [7, 10, 11];

const pictures = await Promise.all(
  Array.from({ length: 256 }, (_, grey) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r: grey, g: grey, b: grey } } })
      .jpeg({ quality: 100 })
      .toBuffer(),
  ),
);

/** Images of one value each, 3 classes in turn; some are texts. */
async function dataset(bad: readonly number[] = BAD): Promise<Dataset> {
  const folder = temporaryFolder();
  const paths = Array.from({ length: COUNT }, (_, i) =>
    write(join(folder, `${i}.jpg`), bad.includes(i) ? 'no image' : pictures[i % 256]!),
  );
  return {
    length: COUNT,
    labels: Int32Array.from({ length: COUNT }, (_, i) => i % 3),
    source: { kind: 'encoded', images: imageFiles(paths) },
  };
}

async function rowsOf(data: Dataset, options: Partial<Parameters<typeof batches>[1]>) {
  const taken: { size: number; rows: number[]; labels: number[]; values: number[] }[] = [];
  for await (const batch of batches(data, { batchSize: 8, imageSize: 8, ...options })) {
    const { size, indices, labels, images } = batch;
    taken.push({
      size,
      rows: [...indices],
      labels: [...labels.data],
      values: Array.from({ length: size }, (_, i) => images.data[i * 192]!),
    });
    batch.dispose();
  }
  return taken;
}

test('without being asked, the first one ends it, by name', async () => {
  await expect(rowsOf(await dataset(), {})).rejects.toThrow(/Cannot read the image .*[/\\]7\.jpg/);
});

describe.each(['sharp', 'tensorflow'] as const)('with %s', (name) => {
  const decoderOf = () => {
    const decoder = name === 'sharp' ? sharpDecoder() : tensorflowDecoder();
    onTestFinished(() => decoder.close?.());
    return decoder;
  };
  const crop = { seed: 0, epoch: 0 };

  test('another of the class takes its place: batches stay full', async () => {
    const bad = new BadImages(COUNT);
    const skipping = { bad, put: 'another' } as const;
    const taken = await rowsOf(await dataset(), { decoder: decoderOf(), skipping, crop });
    // 7 -> 10 is bad as well -> 13; 10 -> 13; 11 -> 14.
    expect(taken[0]!.rows).toEqual([0, 1, 2, 3, 4, 5, 6, 13]);
    expect(taken[1]!.rows).toEqual([8, 9, 13, 14, 12, 13, 14, 15]);
    for (const { rows, labels, values } of taken) {
      expect(labels).toEqual(rows.map((row) => row % 3));
      for (const [i, row] of rows.entries()) expect(Math.abs(values[i]! - (row % 256))).toBeLessThan(3);
    }
    expect(bad.count).toBe(3);
    // Batches are decoded side by side: which is met first is chance.
    const met = bad.reasons.map((reason) => Number(/(\d+)\.jpg/.exec(reason)![1]));
    expect(met.sort((a, b) => a - b)).toEqual([7, 10, 11]);
  });

  test('nothing takes its place: each good image once', async () => {
    const bad = new BadImages(COUNT);
    const taken = await rowsOf(await dataset(), {
      decoder: decoderOf(),
      skipping: { bad, put: 'nothing' },
      crop,
    });
    expect(taken.flatMap(({ rows }) => rows)).toEqual(
      Array.from({ length: COUNT }, (_, i) => i).filter((i) => !BAD.includes(i)),
    );
    expect(taken[1]!.size).toBe(6);
    for (const { rows, values } of taken)
      for (const [i, row] of rows.entries()) expect(Math.abs(values[i]! - (row % 256))).toBeLessThan(3);
  });
});

test('a batch of bad images alone is left out', async () => {
  const skipping = { bad: new BadImages(COUNT), put: 'nothing' } as const;
  const taken = await rowsOf(await dataset([8, 9]), { batchSize: 2, skipping });
  expect(taken).toHaveLength(COUNT / 2 - 1);
  expect(taken.every(({ size }) => size === 2)).toBe(true);
});

test('more than 1 % end it, with how many, and the last', async () => {
  const skipping = { bad: new BadImages(COUNT), put: 'nothing' } as const;
  await expect(rowsOf(await dataset([7, 10, 11, 99]), { skipping })).rejects.toThrow(
    /^4 of 300 images cannot be read, more than 1 %: .* The last: Cannot read the image .*99\.jpg/,
  );
});

test('one counts once, however often it is met', async () => {
  const bad = new BadImages(COUNT);
  const data = await dataset([5]);
  for (let epoch = 0; epoch < 3; epoch++) await rowsOf(data, { skipping: { bad, put: 'another' } });
  expect(bad.count).toBe(1);
});

test('what takes a place goes around the end, and must exist', () => {
  const labels = Int32Array.of(0, 1, 0, 1);
  const bad = new BadImages(400);
  bad.note(2, new Error('bad 2'));
  expect(substituteOf(2, labels, bad)).toBe(0);
  bad.note(0, new Error('bad 0'));
  expect(() => substituteOf(2, labels, bad)).toThrow(/bad 0 Its class has no other image/);
});

test('more of them may be bad where it is said so; their reasons come in their order', () => {
  const few = new BadImages(4);
  expect(() => few.note(1, new Error('broken'))).toThrow('1 of 4 images cannot be read, more than 1 %');
  const half = new BadImages(4, { most: 0.5 });
  half.note(3, new Error('third'));
  half.note(1, new Error('first'));
  expect([half.reasons, half.reasonsByRow]).toEqual([
    ['third', 'first'],
    ['first', 'third'],
  ]);
  expect(() => half.note(2, new Error('second'))).toThrow('3 of 4 images cannot be read, more than 50 %');
});
