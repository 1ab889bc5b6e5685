import type { ByteSource } from '../bytes/byte-source.js';
import { damaged } from '../bytes/damaged.js';

/** One member of a zip archive, as its central directory tells. */
export interface ZipEntry {
  name: string;
  flags: number;
  /** 0 stored, 8 deflated */
  method: number;
  crc32: number;
  compressedSize: number;
  size: number;
  /** Where its local header begins, in bytes. */
  headerOffset: number;
}

const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_LENGTH = 20;

/** Reads the central directory of a zip archive (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16), zip64 included. */
export function readDirectory(source: ByteSource): ZipEntry[] {
  const { offset, length, count } = locate(source);
  const bytes = source.read(offset, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(source.path, `${count} entries in the zip directory`, `${i}`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const end = at + 46 + nameLength + extraLength;
    if (end > length) throw damaged(source.path, 'a whole zip directory', 'a directory that breaks off');
    const entry: ZipEntry = {
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    };
    widen(source.path, entry, new DataView(bytes.buffer, bytes.byteOffset + end - extraLength, extraLength));
    entries.push(entry);
    at = end + view.getUint16(at + 32, true);
  }
  return entries;
}

function locate(source: ByteSource): { offset: number; length: number; count: number } {
  const tailLength = Math.min(source.size, END_LENGTH + LONGEST_COMMENT);
  const tailStart = source.size - tailLength;
  const tail = source.read(tailStart, tailLength);
  const view = new DataView(tail.buffer, tail.byteOffset, tailLength);
  let at = tailLength - END_LENGTH;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at -= 1;
  if (at < 0) throw damaged(source.path, 'a zip directory at the end', 'none');
  const located = {
    offset: view.getUint32(at + 16, true),
    length: view.getUint32(at + 12, true),
    count: view.getUint16(at + 10, true),
  };
  const isZip64 = located.offset === 0xffffffff || located.length === 0xffffffff || located.count === 0xffff;
  return isZip64 ? locateZip64(source, tailStart + at) : located;
}

function locateZip64(
  source: ByteSource,
  endRecord: number,
): { offset: number; length: number; count: number } {
  const locator = source.read(endRecord - LOCATOR_LENGTH, LOCATOR_LENGTH);
  const view = new DataView(locator.buffer);
  if (view.getUint32(0, true) !== 0x07064b50) throw damaged(source.path, 'a zip64 locator', 'other bytes');
  const record = new DataView(source.read(uint64(source.path, view, 8), 56).buffer);
  if (record.getUint32(0, true) !== 0x06064b50)
    throw damaged(source.path, 'a zip64 directory', 'other bytes');
  return {
    offset: uint64(source.path, record, 48),
    length: uint64(source.path, record, 40),
    count: uint64(source.path, record, 32),
  };
}

/** Sizes that do not fit 32 bits stand in the extra field of id 1, in this order, and only those. */
function widen(path: string, entry: ZipEntry, extra: DataView): void {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const id = extra.getUint16(at, true);
    const end = at + 4 + extra.getUint16(at + 2, true);
    at += 4;
    if (id === 1) {
      for (const field of ['size', 'compressedSize', 'headerOffset'] as const) {
        if (entry[field] !== 0xffffffff) continue;
        if (at + 8 > Math.min(end, extra.byteLength)) {
          throw damaged(path, `64-bit sizes of '${entry.name}'`, 'a field that breaks off');
        }
        entry[field] = uint64(path, extra, at);
        at += 8;
      }
      return;
    }
    at = end;
  }
}

function uint64(path: string, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw damaged(path, 'a size or place within the file', `${value}`);
  return value;
}
