import protobuf from 'protobufjs/minimal.js';
import type { ByteSource } from '../../bytes/byte-source.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import { maskedCrc32c } from './crc32c.js';

/** One key of a table, with what is stored under it. */
export interface TableEntry {
  key: Uint8Array;
  /** A view of its block. */
  value: Uint8Array;
}

interface BlockHandle {
  offset: number;
  size: number;
}

const FOOTER_BYTES = 48;
/** Kind of compression, then a masked CRC-32C of the block and this kind. */
const TRAILER_BYTES = 5;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Keys are stored as differences, so a small file may claim long ones: what they take in all is bounded. */
const MOST_KEY_BYTES = 1 << 26;

/** True for a file that ends as tables of TensorFlow's (and of LevelDB's) do. */
export function isTable(source: ByteSource): boolean {
  if (source.size < FOOTER_BYTES) return false;
  const end = source.read(source.size - MAGIC.length, MAGIC.length);
  return MAGIC.every((byte, i) => end[i] === byte);
}

/**
 * Reads a table of sorted keys, the format of `PREFIX.index` (tensorflow/core/lib/io/table_format.txt): blocks of
 * entries, an index block that lists them, a footer that points to the index. Every block's checksum is checked.
 *
 * @throws InputError where places, lengths, order or checksums do not fit
 */
export function readTable(source: ByteSource): TableEntry[] {
  if (!isTable(source)) throw damaged(source.path, 'the end of a checkpoint index', 'another end');
  const footer = protobuf.Reader.create(source.read(source.size - FOOTER_BYTES, FOOTER_BYTES));
  const end = source.size - FOOTER_BYTES;
  return guarded(source.path, () => {
    readHandle(footer);
    const index = readBlock(source, readHandle(footer), end);
    const entries: TableEntry[] = [];
    let done = 0;
    let keyBytes = 0;
    for (const { value } of blockEntries(source.path, index)) {
      const handle = readHandle(protobuf.Reader.create(value));
      if (handle.offset < done) throw damaged(source.path, 'blocks in order', `one at byte ${handle.offset}`);
      for (const entry of blockEntries(source.path, readBlock(source, handle, end))) {
        keyBytes += entry.key.length;
        if (keyBytes > MOST_KEY_BYTES) throw damaged(source.path, 'names of a sane length', 'longer ones');
        entries.push(entry);
      }
      done = handle.offset + handle.size;
    }
    return entries;
  });
}

function readHandle(reader: protobuf.Reader): BlockHandle {
  return { offset: Number(String(reader.uint64())), size: Number(String(reader.uint64())) };
}

function readBlock(source: ByteSource, { offset, size }: BlockHandle, end: number): Uint8Array {
  if (!(offset + size + TRAILER_BYTES <= end)) {
    throw damaged(source.path, `${size} bytes from byte ${offset}`, `the end of the blocks at ${end}`);
  }
  const stored = source.read(offset, size + TRAILER_BYTES);
  const expected = new DataView(stored.buffer).getUint32(size + 1, true);
  if (maskedCrc32c(stored.subarray(0, size + 1)) !== expected) {
    throw damaged(source.path, `the checksum of the block at byte ${offset}`, 'another one');
  }
  if (stored[size] !== 0) {
    throw new InputError(
      `${source.path} is compressed, which is not read here. Save the checkpoint again with TensorFlow.`,
    );
  }
  return stored.subarray(0, size);
}

/** Entries of a block; each key is what it shares with the one before it, and the rest. */
function* blockEntries(path: string, block: Uint8Array): Generator<TableEntry> {
  if (block.length < 4) throw damaged(path, 'a block of entries', `${block.length} bytes`);
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4).getUint32(0, true);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw damaged(path, 'a block of entries', `one with ${restarts} restart points`);
  const reader = protobuf.Reader.create(block.subarray(0, end));
  let previous: Uint8Array = new Uint8Array(0);
  while (reader.pos < reader.len) {
    const [shared, own, length] = [reader.uint32(), reader.uint32(), reader.uint32()];
    const valueStart = reader.pos + own;
    if (shared > previous.length || valueStart + length > end) {
      throw damaged(path, 'an entry within its block', `one of ${own} and ${length} bytes`);
    }
    const key = new Uint8Array(shared + own);
    key.set(previous.subarray(0, shared));
    key.set(block.subarray(reader.pos, valueStart), shared);
    reader.pos = valueStart + length;
    yield { key, value: block.subarray(valueStart, valueStart + length) };
    previous = key;
  }
}

/** What the reader of integers throws at an end means that the file is damaged. */
function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(path, 'a whole table', 'one that breaks off');
  }
}
