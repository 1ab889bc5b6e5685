import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { batches } from '../../../src/data/batches.js';
import type { Dataset } from '../../../src/data/dataset.js';
import {
  type Box,
  cropOf,
  type Decoder,
  sharpDecoder,
  tensorflowDecoder,
} from '../../../src/data/decode/index.js';
import { piecesOf } from '../../../src/data/decode/jpeg-graph.js';
import { imageFiles } from '../../../src/data/images/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { temporaryFolder, write } from '../fixtures.js';

const SIZE = 32;
const crop = { seed: 3, epoch: 1, scale: [0.3, 1] as const };

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A picture with soft colours all over, by its place in 0..1, so that a part that is a little off shows. */
const colour = (x: number, y: number, channel: number) =>
  128 + 100 * Math.sin(5 * x + 2 * channel) * Math.cos(6 * y - 2 * channel);

function pixelsOf(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    colour((Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height, i % 3),
  );
}

/** What a part of it is, computed at the centres of the result's pixels. */
function exact({ left, top, width, height }: Box, size: { width: number; height: number }): Uint8Array {
  const place = (i: number, start: number, length: number) => start + ((i + 0.5) * length) / SIZE - 0.5;
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    return colour(place(x, left, width) / size.width, place(y, top, height) / size.height, i % 3);
  });
}

const picture = (width: number, height: number) =>
  sharp(pixelsOf(width, height), { raw: { width, height, channels: 3 } });

const datasetOf = (paths: string[]): Dataset => ({
  length: paths.length,
  labels: new Int32Array(paths.length),
  source: { kind: 'encoded', images: imageFiles(paths) },
});

function decoder(others?: Decoder): Decoder {
  const made = tensorflowDecoder(others ? { others } : {});
  onTestFinished(() => made.close!());
  return made;
}

async function decoded(paths: string[], by: Decoder, given: object = { crop }): Promise<Uint8Array[]> {
  const images: Uint8Array[] = [];
  for await (const batch of batches(datasetOf(paths), {
    batchSize: 4,
    imageSize: SIZE,
    decoder: by,
    ...given,
  })) {
    const size = batch.images.data.length / batch.size;
    for (let i = 0; i < batch.size; i++)
      images.push(Uint8Array.from(batch.images.data.subarray(i * size, (i + 1) * size)));
    batch.dispose();
  }
  return images;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

/** Sharp, which tells what it was given. */
function watchedSharp() {
  const seen: string[] = [];
  const inner = sharpDecoder();
  const watched: Decoder = {
    name: 'watched',
    decode(image, slot, view) {
      seen.push(image.name);
      return inner.decode(image, slot, view);
    },
  };
  return { watched, seen };
}

test.each([
  [224, 2],
  [300, 3],
  [331, 1],
])('images of %i pixels are rounded in pieces (%i)', async (imageSize, pieces) => {
  expect(piecesOf(3 * imageSize ** 2)).toBe(pieces);
  const file = write(join(temporaryFolder(), 'a.jpg'), await picture(400, 320).jpeg().toBuffer());
  const given = { crop, imageSize };
  const [own] = await decoded([file], decoder(), given);
  const [other] = await decoded([file], sharpDecoder(), given);
  expect(own).toHaveLength(3 * imageSize ** 2);
  expect(meanDifference(own!, other!)).toBeLessThan(1);
});

describe('the same part as sharp, from the same seed', () => {
  // Reduced by 1, 2, 4 and 8 while it is decoded.
  test.each([
    [50, 40],
    [120, 97],
    [301, 260],
    [530, 611],
  ])('of %i x %i px', async (width, height) => {
    const folder = temporaryFolder();
    const paths = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const path = join(folder, `${i}.jpg`);
        await picture(width, height).jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toFile(path);
        return path;
      }),
    );
    const { watched, seen } = watchedSharp();
    const [ours, sharps] = [await decoded(paths, decoder(watched)), await decoded(paths, sharpDecoder())];
    expect(seen).toEqual([]);
    const parts = paths.map((_, i) => exact(cropOf(i, crop)(width, height), { width, height }));
    for (const images of [ours, sharps]) {
      for (const [i, image] of images.entries()) {
        const differences = parts.map((part) => meanDifference(image, part));
        // Places are rounded to whole pixels of the reduced image: it may be off by half a pixel of the result.
        expect(differences[i]).toBeLessThan(7);
        expect(Math.min(...differences)).toBe(differences[i]);
      }
    }
  });
});

test('what it cannot decode goes to sharp, and comes back in its place', async () => {
  const folder = temporaryFolder();
  const make = async (name: string, content: Promise<Buffer>) => write(join(folder, name), await content);
  const image = picture(90, 70);
  const paths = [
    await make('plain.jpg', image.clone().jpeg().toBuffer()),
    await make('turned.jpg', image.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer()),
    await make('progressive.jpg', image.clone().jpeg({ progressive: true }).toBuffer()),
    await make('cmyk.jpg', image.clone().toColourspace('cmyk').jpeg().toBuffer()),
    await make('p3.jpg', image.clone().withIccProfile('p3').jpeg().toBuffer()),
    await make('a.png', image.clone().png().toBuffer()),
    await make('a.webp', image.clone().webp().toBuffer()),
    await make('grey.jpg', image.clone().toColourspace('b-w').jpeg().toBuffer()),
  ];
  const { watched, seen } = watchedSharp();
  const ours = await decoded(paths, decoder(watched));
  expect(seen.sort()).toEqual(paths.slice(1, 7).sort());
  const sharps = await decoded(paths, sharpDecoder());
  for (let i = 1; i < 7; i++) expect(ours[i]).toEqual(sharps[i]);
  expect(meanDifference(ours[0]!, sharps[0]!)).toBeLessThan(3);
  expect(meanDifference(ours[7]!, sharps[7]!)).toBeLessThan(3);
});

test('whole images go to sharp', async () => {
  const path = join(temporaryFolder(), 'a.jpg');
  await picture(90, 70).jpeg().toFile(path);
  expect(await decoded([path], decoder(), {})).toEqual(await decoded([path], sharpDecoder(), {}));
});

test('a file that is cut off, and one that is damaged inside, are named', async () => {
  const folder = temporaryFolder();
  const content = await picture(300, 200).jpeg().toBuffer();
  const good = write(join(folder, 'good.jpg'), content);
  const cut = write(join(folder, 'cut.jpg'), content.subarray(0, content.length / 3));
  await expect(decoded([good, good, cut, good], decoder())).rejects.toThrow(
    /Cannot read the image .*cut\.jpg/,
  );
  const missing = join(folder, 'missing.jpg');
  await expect(decoded([good, missing], decoder())).rejects.toThrow(/Cannot read the image .*missing\.jpg/);
  // Whole by its markers: TensorFlow refuses the batch, and sharp says which it is.
  const huffman = content.indexOf(Buffer.from([0xff, 0xc4]));
  const damaged = Buffer.from(content);
  damaged.fill(0xaa, huffman + 4, huffman + 12);
  const inside = write(join(folder, 'inside.jpg'), damaged);
  await expect(decoded([good, inside, good], decoder())).rejects.toThrow(
    /Cannot read the image .*inside\.jpg/,
  );
});
