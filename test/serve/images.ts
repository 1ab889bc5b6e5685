import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A drawn picture: colours that run, and an edge. */
export function picture(seed: number, { width = 64, height = 48 } = {}): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    data[i] = (x * (3 + channel) + y * (seed % 7) + (x > 20 + (seed % 20) ? 90 : 0)) % 256;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG of few bytes whose header promises this many pixels. */
export function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(1_000_000));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A GIF of few bytes whose header promises this many pixels. */
export function gifOfSize(width: number, height: number): Buffer {
  const side = (value: number) => [value & 0xff, value >> 8];
  const screen = [...side(width), ...side(height), 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff];
  const frame = [0x2c, 0, 0, 0, 0, ...side(width), ...side(height), 0, 2, 2, 0x44, 1, 0, 0x3b];
  return Buffer.from([...Buffer.from('GIF89a'), ...screen, ...frame]);
}
