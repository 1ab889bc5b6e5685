import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { InputError } from '../../errors.js';

/** A parquet file whose footer was read. */
export interface ParquetFile {
  path: string;
  /** Its bytes, where they are asked for. */
  bytes: AsyncBuffer;
  metadata: FileMetaData;
  rows: number;
}

/** What a parquet file begins and ends with, and what one with an encrypted footer does. */
const MAGIC = 'PAR1';
const ENCRYPTED = 'PARE';

/**
 * Opens a parquet file and reads its footer: its columns, and where they lie. It is closed when `use` ends.
 *
 * @throws InputError that names the file: none at all, another format, cut off; and for what `use` cannot read of it
 */
export async function withParquet<T>(path: string, use: (file: ParquetFile) => Promise<T>): Promise<T> {
  try {
    // One handle for all: a column is asked for in as many parts as the file has groups of rows, all at once.
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      await checkMagic(handle, size);
      const bytes: AsyncBuffer = {
        byteLength: size,
        slice: async (start, end = size) => (await readFrom(handle, start, end - start)).buffer,
      };
      const metadata = await parquetMetadataAsync(bytes, { geoparquet: false });
      return await use({ path, bytes, metadata, rows: Number(metadata.num_rows) });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function checkMagic(handle: FileHandle, size: number): Promise<void> {
  if (size < 12) throw new Error(`it has ${size} bytes`);
  const textAt = async (at: number) => Buffer.from(await readFrom(handle, at, 4)).toString('latin1');
  const end = await textAt(size - 4);
  if (end === ENCRYPTED) throw new Error('it is encrypted');
  if ((await textAt(0)) !== MAGIC)
    throw new Error(`it does not begin with ${MAGIC}, so it is of another format`);
  if (end !== MAGIC) throw new Error(`it does not end with ${MAGIC}, so it is cut off`);
}

/**
 * Bytes of a file, in memory of their own.
 *
 * @throws Error where the file has fewer
 */
export async function readRange(
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path, 'r');
  try {
    return await readFrom(handle, start, length);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await handle.stat();
  // Before any allocation: a damaged footer may name any place.
  if (!(start >= 0 && length >= 0 && start + length <= size))
    throw new Error(`${length} bytes at byte ${start} are missing, as it has ${size}`);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

/** What to say of a parquet file that something is wrong with. */
export function unreadable(path: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const { message } = error as Error;
  return new InputError(`${path} cannot be read as a parquet file: ${message}. Get it again.`);
}
