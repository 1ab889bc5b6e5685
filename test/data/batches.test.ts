import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BatchOptions, batchCount, batches } from '../../src/data/batches.js';
import type { Dataset } from '../../src/data/dataset.js';
import { cropOf, type Decoder, decodeImage, sharpDecoder } from '../../src/data/decode/index.js';
import { imageFiles } from '../../src/data/images/index.js';
import { shuffled } from '../../src/data/random.js';
import { Tensor } from '../../src/tensorflow/tensor.js';
import { testData } from '../test-data.js';
import { temporaryFolder, write, writeColour } from './fixtures.js';

/** `n` images of 2 x 1 pixels, every value of image i being i, its label i % 3. */
const arrays = (n: number): Dataset => ({
  length: n,
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  source: { kind: 'array', height: 2, width: 1, pixels: Uint8Array.from({ length: n * 6 }, (_, i) => i / 6) },
});
/** `n` files that only {@link fakeDecoder} can read: their name is their number. */
const files = (n: number): Dataset => ({
  length: n,
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  source: { kind: 'encoded', images: imageFiles(Array.from({ length: n }, (_, i) => String(i))) },
});

/** Fills the slot with the file's number after a while, and watches what goes on. */
function fakeDecoder({
  fails = () => false,
  delay = () => 1,
}: {
  fails?: (file: number) => boolean;
  delay?: (file: number) => number;
} = {}) {
  const seen = { started: 0, running: 0, most: 0 };
  const decoder: Decoder = {
    name: 'fake',
    async decode({ name: file }, slot) {
      seen.started++;
      seen.most = Math.max(seen.most, ++seen.running);
      await sleep(delay(Number(file)));
      seen.running--;
      if (fails(Number(file))) throw new Error(`bad image ${file}`);
      slot.fill(Number(file));
    },
  };
  return { decoder, seen };
}

/** Takes everything, and disposes of it. */
async function collect(dataset: Dataset, options: BatchOptions) {
  const taken: { indices: number[]; labels: number[]; images: number[]; shape: readonly number[] }[] = [];
  for await (const batch of batches(dataset, options)) {
    const { images, labels, indices } = batch;
    taken.push({
      indices: [...indices],
      labels: [...labels.data],
      images: [...images.data],
      shape: images.shape,
    });
    batch.dispose();
  }
  return taken;
}

let before = 0;
beforeEach(() => {
  before = Tensor.liveCount;
});

describe('what a batch holds', () => {
  test('arrays at their own size, in the order of the indices', async () => {
    const taken = await collect(arrays(5), {
      batchSize: 2,
      indices: Int32Array.of(4, 0, 3, 1, 2),
      imageSize: 99,
    });
    expect(taken.map(({ indices }) => indices)).toEqual([[4, 0], [3, 1], [2]]);
    expect(taken.map(({ labels }) => labels)).toEqual([[1, 0], [0, 1], [2]]);
    expect(taken.map(({ shape }) => shape)).toEqual([
      [2, 2, 1, 3],
      [2, 2, 1, 3],
      [1, 2, 1, 3],
    ]);
    expect(taken[0]!.images).toEqual([4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0]);
    expect(Tensor.liveCount).toBe(before);
  });

  test('files at the size asked for, each in its slot, however long each takes', async () => {
    const { decoder } = fakeDecoder({ delay: (file) => (7 * file) % 5 });
    const taken = await collect(files(10), { batchSize: 4, imageSize: 2, decoder, workers: 3 });
    expect(taken.map(({ indices }) => indices)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(taken.map(({ shape }) => shape[0])).toEqual([4, 4, 2]);
    for (const { indices, images } of taken) {
      expect(images).toEqual(indices.flatMap((index) => new Array<number>(12).fill(index)));
    }
    expect(Tensor.liveCount).toBe(before);
  });

  test('sharp decodes into them', async () => {
    const folder = temporaryFolder();
    const colours = [
      [10, 20, 30],
      [200, 100, 50],
      [255, 0, 128],
    ];
    const paths = await Promise.all(
      colours.map((colour, i) => writeColour(join(folder, `${i}.png`), colour)),
    );
    const dataset: Dataset = {
      length: 3,
      labels: Int32Array.of(0, 1, 2),
      source: { kind: 'encoded', images: imageFiles(paths) },
    };
    const [batch] = await collect(dataset, { batchSize: 3, imageSize: 4 });
    expect(batch!.images).toEqual(colours.flatMap((colour) => new Array(16).fill(colour).flat()));
  });

  test('features as they are: float32, of any number of channels', async () => {
    const values = Float32Array.from({ length: 4 * 2 * 1 * 5 }, (_, i) => i / 7 - 2);
    const dataset: Dataset = {
      length: 4,
      labels: Int32Array.of(0, 1, 2, 1),
      source: { kind: 'features', values, height: 2, width: 1, channels: 5 },
    };
    const taken = [];
    for await (const { images, labels } of batches(dataset, {
      batchSize: 2,
      indices: Int32Array.of(3, 1, 0),
    })) {
      expect(images.dtype).toBe('float32');
      taken.push({ shape: images.shape, values: [...images.data], labels: [...labels.data] });
      images.dispose();
      labels.dispose();
    }
    const rows = (...numbers: number[]) => numbers.flatMap((n) => [...values.subarray(10 * n, 10 * n + 10)]);
    expect(taken).toEqual([
      { shape: [2, 2, 1, 5], values: rows(3, 1), labels: [1, 1] },
      { shape: [1, 2, 1, 5], values: rows(0), labels: [0] },
    ]);
  });

  test('disposing of a batch twice does nothing', async () => {
    for await (const batch of batches(arrays(2), { batchSize: 2 })) {
      batch.dispose();
      batch.dispose();
    }
    expect(Tensor.liveCount).toBe(before);
  });
});

describe('which batches', () => {
  test('the last one is kept or dropped as asked', async () => {
    expect((await collect(arrays(7), { batchSize: 3 })).map(({ indices }) => indices.length)).toEqual([
      3, 3, 1,
    ]);
    expect((await collect(arrays(7), { batchSize: 3, lastBatch: 'drop' })).length).toBe(2);
    expect([batchCount(7, 3), batchCount(7, 3, 'drop'), batchCount(6, 3)]).toEqual([3, 2, 2]);
  });

  test('starting in the middle gives the same batches as going there', async () => {
    const { decoder } = fakeDecoder();
    const options = { batchSize: 4, imageSize: 1, decoder, indices: shuffled(30, 3, 1) };
    const all = await collect(files(30), options);
    expect(await collect(files(30), { ...options, start: 3 })).toEqual(all.slice(3));
    expect(await collect(files(30), { ...options, start: 8 })).toEqual([]);
  });

  test('an empty data set has none', async () => {
    expect(await collect(arrays(0), { batchSize: 3 })).toEqual([]);
  });
});

describe('random resized crops', () => {
  /** 8 files of 40 x 30 pixels that differ from place to place. */
  async function pictures(): Promise<Dataset> {
    const folder = temporaryFolder();
    const paths = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const path = join(folder, `${n}.png`);
        const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (7 * i + n * i + (i >> 5)) % 256);
        await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } }).toFile(path);
        return path;
      }),
    );
    return { length: 8, labels: new Int32Array(8), source: { kind: 'encoded', images: imageFiles(paths) } };
  }
  const crop = { seed: 4, epoch: 1 };

  test('depend on seed, epoch and image alone: not on workers, order, or where an epoch is resumed', async () => {
    const dataset = await pictures();
    const options = { batchSize: 2, imageSize: 8, crop };
    const all = await collect(dataset, { ...options, workers: 1 });
    expect(await collect(dataset, { ...options, workers: 3, prefetch: 4 })).toEqual(all);
    expect(await collect(dataset, { ...options, start: 2 })).toEqual(all.slice(2));
    const backwards = Int32Array.of(7, 6, 5, 4, 3, 2, 1, 0);
    const [last] = await collect(dataset, { ...options, batchSize: 8, indices: backwards });
    const image = (images: readonly number[], i: number) => images.slice(192 * i, 192 * (i + 1));
    expect(image(last!.images, 7)).toEqual(image(all[0]!.images, 0));
  });

  test('are others in another epoch, and for another seed', async () => {
    const dataset = await pictures();
    const of = async (changes: object) =>
      JSON.stringify(await collect(dataset, { batchSize: 8, imageSize: 8, crop: { ...crop, ...changes } }));
    expect(new Set([await of({}), await of({ epoch: 2 }), await of({ seed: 5 })]).size).toBe(3);
  });

  test('are what the decoder gives for them', async () => {
    const dataset = await pictures();
    if (dataset.source.kind !== 'encoded') throw new Error('expected files');
    const [batch] = await collect(dataset, {
      batchSize: 1,
      imageSize: 8,
      indices: Int32Array.of(5),
      crop: { ...crop, scale: [0.2, 0.3] },
    });
    const slot = new Uint8Array(192);
    await sharpDecoder().decode(dataset.source.images.at(5), slot, {
      imageSize: 8,
      crop: cropOf(5, { ...crop, scale: [0.2, 0.3] }),
    });
    expect(batch!.images).toEqual([...slot]);
  });

  test('leave arrays whole', async () => {
    expect(await collect(arrays(3), { batchSize: 3, crop })).toEqual(
      await collect(arrays(3), { batchSize: 3 }),
    );
  });
});

describe('bounds', () => {
  test('no more than prefetch batches are decoded ahead of the one in use', async () => {
    const { decoder, seen } = fakeDecoder();
    let taken = 0;
    for await (const batch of batches(files(40), {
      batchSize: 4,
      imageSize: 1,
      decoder,
      workers: 8,
      prefetch: 2,
    })) {
      taken++;
      const ahead = 4 * Math.min(10, taken + 2);
      await expect.poll(() => seen.started, { interval: 1 }).toBe(ahead);
      await sleep(20);
      expect(seen.started).toBe(ahead);
      expect(Tensor.liveCount - before).toBeLessThanOrEqual(2 * 3);
      batch.dispose();
    }
    expect(taken).toBe(10);
    expect(Tensor.liveCount).toBe(before);
  });

  test.each([1, 3])('no more than %i images are decoded at once', async (workers) => {
    const { decoder, seen } = fakeDecoder();
    await collect(files(24), { batchSize: 8, imageSize: 1, decoder, workers });
    expect(seen.most).toBe(workers);
  });
});

describe('endings', () => {
  test('a consumer that stops: what waits is freed, once decodes have ended', async () => {
    const { decoder, seen } = fakeDecoder({ delay: () => 10 });
    for await (const batch of batches(files(40), {
      batchSize: 4,
      imageSize: 1,
      decoder,
      workers: 2,
      prefetch: 3,
    })) {
      batch.dispose();
      break;
    }
    expect(Tensor.liveCount).toBe(before);
    expect(seen.running).toBe(0);
    const { started } = seen;
    expect(started).toBeLessThan(12);
    await sleep(50);
    expect(seen.started).toBe(started);
  });

  test('a consumer that throws', async () => {
    const { decoder } = fakeDecoder();
    const consume = async () => {
      for await (const batch of batches(files(40), { batchSize: 4, imageSize: 1, decoder })) {
        batch.dispose();
        throw new Error('out of memory');
      }
    };
    await expect(consume()).rejects.toThrow('out of memory');
    expect(Tensor.liveCount).toBe(before);
  });

  test('the batch in hand stays usable after the end', async () => {
    const iterator = batches(arrays(8), { batchSize: 2 });
    const { value } = await iterator.next();
    await iterator.return();
    expect([...value!.images.data.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
    value!.dispose();
    expect(Tensor.liveCount).toBe(before);
  });

  test('never begun: nothing is allocated', async () => {
    await batches(arrays(8), { batchSize: 2 }).return();
    expect(Tensor.liveCount).toBe(before);
  });

  test('an abort while waiting ends it with the reason', async () => {
    const { decoder, seen } = fakeDecoder({ delay: () => 20 });
    const controller = new AbortController();
    const options = { batchSize: 8, imageSize: 1, decoder, workers: 1, signal: controller.signal };
    let taken = 0;
    const consume = async () => {
      for await (const batch of batches(files(40), options)) {
        taken++;
        batch.dispose();
      }
    };
    setTimeout(() => controller.abort(new Error('interrupted')), 30);
    await expect(consume()).rejects.toThrow('interrupted');
    // Its first batch was not complete.
    expect(taken).toBe(0);
    expect(seen.started).toBeLessThan(8);
    expect(seen.running).toBe(0);
    expect(Tensor.liveCount).toBe(before);
  });

  test('an abort while a batch is in use, or before the first', async () => {
    const controller = new AbortController();
    const iterator = batches(arrays(8), { batchSize: 2, signal: controller.signal });
    const { value } = await iterator.next();
    controller.abort(new Error('interrupted'));
    value!.dispose();
    await expect(iterator.next()).rejects.toThrow('interrupted');
    await expect(collect(arrays(8), { batchSize: 2, signal: controller.signal })).rejects.toThrow(
      'interrupted',
    );
    expect(Tensor.liveCount).toBe(before);
  });

  test('the first bad image ends it, after the batches before it', async () => {
    const { decoder, seen } = fakeDecoder({ fails: (file) => file === 9 || file === 10 || file === 13 });
    const taken: number[] = [];
    const consume = async () => {
      for await (const batch of batches(files(40), {
        batchSize: 4,
        imageSize: 1,
        decoder,
        workers: 2,
        prefetch: 3,
      })) {
        taken.push(...batch.indices);
        batch.dispose();
        // Long enough for the bad batches to fail before their turn.
        await sleep(40);
      }
    };
    await expect(consume()).rejects.toThrow('bad image 9');
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(seen.running).toBe(0);
    expect(Tensor.liveCount).toBe(before);
  });

  test('a bad image is named by its path', async () => {
    const folder = temporaryFolder();
    const good = await writeColour(join(folder, 'good.png'), [1, 2, 3]);
    const bad = write(join(folder, 'bad.png'), 'text');
    const paths = [good, bad, good, good];
    const dataset: Dataset = {
      length: 4,
      labels: new Int32Array(4),
      source: { kind: 'encoded', images: imageFiles(paths) },
    };
    await expect(collect(dataset, { batchSize: 2, imageSize: 4 })).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(`Cannot read the image ${bad}: `),
    });
    expect(Tensor.liveCount).toBe(before);
  });
});

describe('wrong options are refused at once', () => {
  test.each<[Partial<BatchOptions>, string]>([
    [{ batchSize: 0 }, 'Expected a whole number of 1 or more for batch size, received 0.'],
    [
      { batchSize: 9, lastBatch: 'drop' },
      'Expected at most 8, the number of images for batch size, received 9.',
    ],
    [{ workers: 0 }, 'Expected a whole number of 1 or more for workers, received 0.'],
    [{ prefetch: 1.5 }, 'Expected a whole number of 1 or more for prefetch, received 1.5.'],
    [
      { imageSize: undefined },
      'Expected a whole number of pixels, 1 or more for image size, received undefined.',
    ],
    [
      { crop: { seed: 0, epoch: 0, scale: [0, 1] } },
      "Expected two rising numbers above 0 and up to 1 for the scale of a crop, received '0 to 1'.",
    ],
    [{ start: 5 }, 'Expected a batch in 0..4 for start, received 5.'],
    [{ indices: Int32Array.of(0, 8) }, 'Expected positions in 0..7 for indices, received 8.'],
  ])('%o', (wrong, message) => {
    expect(() => batches(files(8), { batchSize: 2, imageSize: 4, ...wrong })).toThrow(message);
  });
});

const photos = testData('photos/val');

describe.skipIf(!photos)('real photographs', () => {
  test('two epochs of 60: each image in its slot, nothing left behind', async () => {
    const paths = readdirSync(photos!).flatMap((wnid) =>
      readdirSync(join(photos!, wnid))
        .slice(0, 6)
        .map((name) => join(photos!, wnid, name)),
    );
    const dataset: Dataset = {
      length: 60,
      labels: new Int32Array(60),
      source: { kind: 'encoded', images: imageFiles(paths) },
    };
    for (const epoch of [0, 1]) {
      const indices = shuffled(60, 0, epoch);
      let images = 0;
      for await (const batch of batches(dataset, { batchSize: 16, imageSize: 64, indices })) {
        const expected = await decodeImage(paths[batch.indices[0]!]!, 64);
        expect([...batch.images.data.subarray(0, expected.length)]).toEqual([...expected]);
        images += batch.size;
        batch.dispose();
      }
      expect(images).toBe(60);
    }
    expect(Tensor.liveCount).toBe(before);
  });
});
