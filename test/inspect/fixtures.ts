import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { Random } from '../../src/data/random.js';
import { write } from '../data/fixtures.js';

/** A PNG of a smooth scene: blobs of colour, as unlike that of another seed as photographs are unlike each other. */
export function scene(seed: number, side = 96): Promise<Buffer> {
  const random = Random.seeded(seed, 0);
  const pixels = Uint8Array.from({ length: 6 * 6 * 3 }, () => 40 + random.below(170));
  return sharp(pixels, { raw: { width: 6, height: 6, channels: 3 } })
    .resize(side, side, { kernel: 'cubic' })
    .png()
    .toBuffer();
}

/** Class folders `a` and `b` with `train` and `val`: 4 scenes a class to train on, 2 held out. Gives their paths. */
export async function writeScenes(root: string): Promise<{ train: string[]; val: string[] }> {
  const paths = { train: [] as string[], val: [] as string[] };
  let seed = 0;
  for (const [split, count] of [
    ['train', 4],
    ['val', 2],
  ] as const) {
    for (const name of ['a', 'b']) {
      for (let i = 0; i < count; i++)
        paths[split].push(write(join(root, split, name, `${i}.png`), await scene(++seed)));
    }
  }
  return paths;
}

/** A PNG that claims a size in its header and holds next to nothing. */
export function claimingPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
