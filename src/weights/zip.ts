import zlib from 'node:zlib';
import type { ByteSource } from '../bytes/byte-source.js';
import { damaged } from '../bytes/damaged.js';
import { InputError } from '../errors.js';
import { readDirectory, type ZipEntry } from './zip-directory.js';

const STORED = 0;
const DEFLATED = 8;

/** What deflated entries may unpack to in all: this much, or this many times the archive. */
const UNPACKED_FLOOR = 64 * 2 ** 20;
const UNPACKED_RATIO = 20;

/** A zip archive: its central directory, and its members one by one. Stored and deflated members, zip64. */
export class ZipArchive {
  /** By name. */
  readonly entries: ReadonlyMap<string, ZipEntry>;

  constructor(private readonly source: ByteSource) {
    const entries = readDirectory(source);
    checkSizes(source, entries);
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** Unpacks one member and checks its CRC-32. */
  read(entry: ZipEntry): Uint8Array {
    const { source } = this;
    const raw = source.read(this.dataOffset(entry), entry.compressedSize);
    const bytes = entry.method === STORED ? raw : this.inflate(entry, raw);
    if (bytes.length !== entry.size) {
      throw damaged(source.path, `${entry.size} bytes of '${entry.name}'`, `${bytes.length}`);
    }
    if (!hasChecksum(entry, bytes)) {
      throw damaged(source.path, `the checksum that the archive gives for '${entry.name}'`, 'another one');
    }
    return bytes;
  }

  private dataOffset(entry: ZipEntry): number {
    const { source } = this;
    const header = source.read(entry.headerOffset, 30);
    const view = new DataView(header.buffer);
    if (view.getUint32(0, true) !== 0x04034b50) {
      throw damaged(
        source.path,
        `the header of '${entry.name}' at byte ${entry.headerOffset}`,
        'other bytes',
      );
    }
    return entry.headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  }

  private inflate(entry: ZipEntry, raw: Uint8Array): Uint8Array {
    if (entry.size === 0) return new Uint8Array(0);
    try {
      const bytes = zlib.inflateRawSync(raw, { maxOutputLength: entry.size });
      // A pooled Buffer may start anywhere; typed arrays need memory of their own.
      return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    } catch (error) {
      throw damaged(this.source.path, `deflated bytes of '${entry.name}'`, (error as Error).message);
    }
  }
}

// torch writes 0 where it was told to leave checksums out. Node 20 has crc32 from 20.15 on; before that,
// corruption inside a stored member goes unseen.
function hasChecksum({ crc32 }: ZipEntry, bytes: Uint8Array): boolean {
  return crc32 === 0 || typeof zlib.crc32 !== 'function' || zlib.crc32(bytes) === crc32;
}

function checkSizes(source: ByteSource, entries: readonly ZipEntry[]): void {
  const { path, size } = source;
  let unpacked = 0;
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.headerOffset - b.headerOffset)) {
    const { name, method } = entry;
    if (entry.flags & 1) throw new InputError(`'${name}' in ${path} is encrypted, which is not read here.`);
    if (method !== STORED && method !== DEFLATED) {
      throw new InputError(
        `'${name}' in ${path} is packed by zip method ${method}; 'stored' and 'deflated' are read.`,
      );
    }
    if (method === STORED && entry.size !== entry.compressedSize) {
      throw damaged(
        path,
        `one size for the stored member '${name}'`,
        `${entry.compressedSize} and ${entry.size}`,
      );
    }
    if (entry.headerOffset < end)
      throw damaged(path, 'members that lie apart', `'${name}' within another one`);
    end = entry.headerOffset + 30 + entry.compressedSize;
    if (end > size) throw damaged(path, `'${name}' up to byte ${end}`, `the end of the file at ${size}`);
    if (method === DEFLATED) unpacked += entry.size;
  }
  const most = Math.max(UNPACKED_FLOOR, UNPACKED_RATIO * size);
  if (unpacked > most) {
    throw new InputError(
      `${path} claims to unpack to ${unpacked} bytes, from ${size}; at most ${most} are unpacked.`,
    );
  }
}
