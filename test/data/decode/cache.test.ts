import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { batches } from '../../../src/data/batches.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { cachedDecoder, type Decoder, PixelCache } from '../../../src/data/decode/index.js';
import { imageFiles } from '../../../src/data/images/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { temporaryFolder } from '../fixtures.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const COUNT = 10;
const dataset: Dataset = {
  length: COUNT,
  labels: new Int32Array(COUNT),
  source: { kind: 'encoded', images: imageFiles(Array.from({ length: COUNT }, (_, i) => String(i))) },
};

/** Fills a slot with the image's number, counts what it decodes, and cannot read some. */
function countingDecoder(bad: readonly string[] = []) {
  const decoded: string[] = [];
  const decoder: Decoder = {
    name: 'counting',
    async decode({ name }, slot) {
      decoded.push(name);
      if (bad.includes(name)) throw new Error(`bad ${name}`);
      slot.fill(Number(name) + 1);
    },
  };
  return { decoder, decoded };
}

async function values(decoder: Decoder, given: object = {}): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of batches(dataset, { batchSize: 4, imageSize: 2, decoder, ...given })) {
    for (let i = 0; i < batch.size; i++) {
      const slot = batch.images.data.subarray(12 * i, 12 * (i + 1));
      expect(new Set(slot).size).toBe(1);
      found.push(slot[0]!);
    }
    batch.dispose();
  }
  return found;
}

const all = Array.from({ length: COUNT }, (_, i) => i + 1);

describe.each(['memory', 'a file'])('in %s', (where) => {
  const cacheIn = (folder: string) =>
    new PixelCache({ length: COUNT, imageSize: 2, ...(where === 'a file' && { folder, key: 'k' }) });

  test('each image is decoded once, whatever the order', async () => {
    const { decoder, decoded } = countingDecoder();
    const cached = cachedDecoder(decoder, cacheIn(temporaryFolder()));
    expect(await values(cached, { indices: Int32Array.of(3, 1, 4, 5, 9) })).toEqual([4, 2, 5, 6, 10]);
    expect(await values(cached)).toEqual(all);
    expect(await values(cached, { indices: Int32Array.of(9, 8, 7, 7) })).toEqual([10, 9, 8, 8]);
    expect(decoded.sort()).toEqual(Array.from({ length: COUNT }, (_, i) => String(i)));
    await cached.close!();
  });

  test('what is cut out is decoded anew each time', async () => {
    const { decoder, decoded } = countingDecoder();
    const cached = cachedDecoder(decoder, cacheIn(temporaryFolder()));
    await values(cached);
    await values(cached, { crop: { seed: 0, epoch: 1 } });
    await values(cached, { crop: { seed: 0, epoch: 2 } });
    expect(decoded).toHaveLength(3 * COUNT);
    await cached.close!();
  });

  test('what cannot be read is not kept, and named each time', async () => {
    const { decoder } = countingDecoder(['6']);
    const cached = cachedDecoder(decoder, cacheIn(temporaryFolder()));
    await expect(values(cached)).rejects.toThrow('bad 6');
    await expect(values(cached)).rejects.toThrow('bad 6');
    await cached.close!();
  });
});

describe('a file', () => {
  const open = (folder: string, length = COUNT) => new PixelCache({ length, imageSize: 2, folder, key: 'k' });

  test('serves another run', async () => {
    const folder = temporaryFolder();
    const first = cachedDecoder(countingDecoder().decoder, open(folder));
    expect(await values(first)).toEqual(all);
    await first.close!();
    const { decoder, decoded } = countingDecoder();
    const second = cachedDecoder(decoder, open(folder));
    expect(await values(second)).toEqual(all);
    expect(decoded).toEqual([]);
    await second.close!();
    expect(readdirSync(folder).sort()).toEqual(['k.rgb', 'k.rows']);
  });

  test('of a run that was killed, and one of another length, is decoded anew', async () => {
    const folder = temporaryFolder();
    // Killed: nothing says which rows it has.
    writeFileSync(join(folder, 'k.rgb'), new Uint8Array(12 * COUNT).fill(77));
    const { decoder, decoded } = countingDecoder();
    const cached = cachedDecoder(decoder, open(folder));
    expect(await values(cached)).toEqual(all);
    expect(decoded).toHaveLength(COUNT);
    await cached.close!();
    expect(open(folder, COUNT + 1).has(0)).toBe(false);
  });
});
