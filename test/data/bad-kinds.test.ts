import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { BadImages } from '../../src/data/bad-images.js';
import { batches } from '../../src/data/batches.js';
import { checkImages } from '../../src/data/check.js';
import type { Task } from '../../src/data/dataset.js';
import { sharpDecoder, tensorflowDecoder } from '../../src/data/decode/index.js';
import { loadPlace } from '../../src/data/layouts/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { temporaryFolder, write } from './fixtures.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const picture = (width = 60, height = 50) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24),
    { raw: { width, height, channels: 3 } },
  );

/** A chunk of a PNG with its checksum left at 0 where `damaged`. */
function chunk(type: string, content: Buffer): Buffer {
  const crc = execFileSync(
    'python3',
    ['-c', 'import sys, zlib; print(zlib.crc32(sys.stdin.buffer.read()))'],
    { input: Buffer.concat([Buffer.from(type), content]) },
  );
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(Number(String(crc)));
  return Buffer.concat([length, Buffer.from(type), content, sum]);
}

/** A PNG of a few bytes that claims to be 60,000 x 60,000. */
function bomb(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const half = (content: Buffer) => content.subarray(0, Math.floor(content.length / 2));
function overwritten(content: Buffer): Buffer {
  const damaged = Buffer.from(content);
  damaged.fill(0x55, Math.floor(content.length / 2));
  return damaged;
}

/** What is put in place of one image among 119 good ones. */
const KINDS: readonly [
  kind: string,
  name: string,
  content: () => Promise<Buffer> | Buffer,
  reason: RegExp,
][] = [
  [
    'a JPEG that is cut off',
    'bad.jpg',
    async () => half(await picture().jpeg().toBuffer()),
    /premature end|VipsJpeg/i,
  ],
  [
    'a PNG that is cut off',
    'bad.png',
    async () => half(await picture().png().toBuffer()),
    /png|libspng|read/i,
  ],
  [
    'a WebP that is cut off',
    'bad.webp',
    async () => half(await picture().webp().toBuffer()),
    /webp|corrupt/i,
  ],
  [
    'a GIF that is cut off',
    'bad.gif',
    async () => half(await picture().gif().toBuffer()),
    /gif|insufficient|frame/i,
  ],
  [
    'a TIFF that is cut off',
    'bad.tif',
    async () => half(await picture().tiff({ compression: 'lzw' }).toBuffer()),
    /tiff|read/i,
  ],
  ['no bytes', 'bad.jpg', () => Buffer.alloc(0), /it is empty/],
  ['zeros', 'bad.jpg', () => Buffer.alloc(5000), /it is no JPEG/],
  [
    'a text that is called a PNG',
    'bad.png',
    () => Buffer.from('nothing to see here'),
    /it begins with 'nothing to see here'/,
  ],
  [
    "a server's page that says it is missing",
    'bad.jpg',
    () => Buffer.from('<!DOCTYPE html><h1>404</h1>'),
    /it begins with '<!DOCTYPE html>/,
  ],
  [
    'a drawing that is called a JPEG',
    'bad.jpg',
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    /it begins with '<svg/,
  ],
  ['a decompression bomb', 'bad.png', bomb, /pixel limit/i],
  [
    'a PNG that is overwritten',
    'bad.png',
    async () => overwritten(await picture().png().toBuffer()),
    /png|libspng|read/i,
  ],
];

const COUNT = 120;

async function folderWith(name: string, content: Buffer | undefined): Promise<string> {
  const folder = temporaryFolder();
  const good = await picture().jpeg().toBuffer();
  for (let i = 0; i < COUNT - 1; i++)
    write(join(folder, i % 2 ? 'a' : 'b', `${String(i).padStart(3, '0')}.jpg`), good);
  if (content) write(join(folder, 'a', name), content);
  return folder;
}

const load = (place: string) => loadPlace(place, { cache: temporaryFolder(), validationFraction: 0.0001 });

/** All that one pass gives: how many images, and what was skipped. */
async function pass(task: Task, decoder: 'sharp' | 'tensorflow', skipping?: BadImages) {
  const made = decoder === 'sharp' ? sharpDecoder() : tensorflowDecoder();
  onTestFinished(() => made.close?.());
  let images = 0;
  for await (const batch of batches(task.train, {
    batchSize: 32,
    imageSize: 24,
    decoder: made,
    crop: { seed: 0, epoch: 0, scale: [0.9, 1] },
    ...(skipping && { skipping: { bad: skipping, put: 'nothing' as const } }),
  })) {
    images += batch.size;
    batch.dispose();
  }
  return images;
}

describe.each(KINDS)('%s', (_, name, content, reason) => {
  test('ends the check of headers, or a pass, by name; is skipped where asked; nothing else is lost', async () => {
    const folder = await folderWith(name, await content());
    const task = await load(folder);
    if (task.train.source.kind !== 'encoded') throw new Error('expected encoded images');
    const named = new RegExp(`Cannot read the image .*a/${name.replace('.', '\\.')}: `);
    const header = await checkImages(task.train.source.images).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (header !== undefined) expect(header).toMatch(named);
    for (const decoder of ['sharp', 'tensorflow'] as const) {
      const failure = pass(task, decoder);
      await expect(failure).rejects.toThrow(named);
      await expect(failure).rejects.toThrow(new RegExp(`${reason.source}|it is damaged or cut off`, 'i'));
      const bad = new BadImages(task.train.length);
      expect(await pass(task, decoder, bad)).toBe(task.train.length - 1);
      expect(bad.count).toBe(1);
      expect(bad.reasons[0]).toMatch(named);
    }
  });
});

test('a link out of the folder, and a member of an archive that climbs out, are refused as the data is listed', async () => {
  const folder = await folderWith('x', undefined);
  const secret = write(join(temporaryFolder(), 'secret.jpg'), 'secret');
  symlinkSync(secret, join(folder, 'a/link.jpg'));
  await expect(load(folder)).rejects.toThrow(/a\/link\.jpg is a link out of/);
  const inside = join(temporaryFolder(), 'inside');
  mkdirSync(inside);
  write(join(inside, '../up/a/1.jpg'), 'x');
  const archive = join(inside, 'x.tar');
  execFileSync('tar', ['-P', '-cf', archive, '-C', inside, '../up/a/1.jpg']);
  await expect(load(archive)).rejects.toThrow(
    /x\.tar has the member '\.\.\/up\/a\/1\.jpg', which lies outside/,
  );
});
