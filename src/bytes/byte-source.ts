import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputError } from '../errors.js';
import { damaged } from './damaged.js';

/** Bytes that are read where they are needed: a reader holds the tensors it was asked for and not the file. */
export interface ByteSource {
  /** The file, for messages. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Bytes `offset` to `offset + length`, in memory of their own, so that any typed array may be laid over them. */
  read(offset: number, length: number): Uint8Array;
}

/** Linux and macOS read at most 2 GiB in one call. */
const MOST_PER_CALL = 1 << 30;

/** Opens a file, hands it to `use` and closes it, also when `use` throws. */
export function withFile<T>(path: string, use: (source: ByteSource) => T): T {
  const descriptor = open(path);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new InputError(`Expected a file of weights at ${path}, received a folder.`);
    return use(fileSource(path, descriptor, stat.size));
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new InputError(`No file of weights at ${path}. Check the path, or name a file that exists.`);
    }
    throw new InputError(`The file of weights ${path} cannot be opened: ${message}.`);
  }
}

function fileSource(path: string, descriptor: number, size: number): ByteSource {
  const read = (offset: number, length: number): Uint8Array => {
    checkRange(path, size, offset, length);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(descriptor, bytes, done, Math.min(length - done, MOST_PER_CALL), offset + done);
      if (count === 0) throw damaged(path, `${size} bytes`, `${offset + done}`);
      done += count;
    }
    return bytes;
  };
  return { path, size, read };
}

/** Bytes in memory as a source: what was unpacked from an archive. `path` is for messages. */
export function memorySource(path: string, bytes: Uint8Array): ByteSource {
  const read = (offset: number, length: number): Uint8Array => {
    checkRange(path, bytes.length, offset, length);
    return bytes.slice(offset, offset + length);
  };
  return { path, size: bytes.length, read };
}

// Before any allocation: a length claimed by a file is worth nothing until the file is known to be that long.
function checkRange(path: string, size: number, offset: number, length: number): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!sound || offset + length > size) {
    throw damaged(path, `${length} bytes from byte ${offset}`, `the end of the file at ${size}`);
  }
}
