import type { FileHandle } from 'node:fs/promises';
import { invalid } from '../errors.js';
import { writeFileAside } from '../weights/write-aside.js';

/** Adds the features of some images to a file: float32 `[images, features]`, row-major, with the images' names. */
export type WriteFeatures = (names: readonly string[], values: Float32Array) => Promise<void>;

/** Bytes of the header: the number of rows is known last, and must fit where the first header stood. */
const HEADER_BYTES = 128;
const ENDING = /\.npy$/i;

/**
 * The file of names beside a file of features: `features.names.json` of `features.npy`.
 *
 * @throws InputError for a file that does not end in .npy
 */
export function namesFileOf(path: string): string {
  if (!ENDING.test(path)) throw invalid('the file of embeddings', 'a name that ends in .npy', path);
  return path.replace(ENDING, '.names.json');
}

/**
 * Writes features as NumPy's format has it (version 1.0, `<f4`, `[images, features]`), and the names of the images as a
 * JSON list beside it, a name a line. Rows are written as they come; both files have their names once they are whole.
 *
 * @throws InputError for a name that does not end in .npy
 */
export async function writeEmbeddings<T>(
  path: string,
  run: (write: WriteFeatures) => Promise<T>,
): Promise<T> {
  const namesFile = namesFileOf(path);
  let result: { value: T } | undefined;
  await writeFileAside(namesFile, async (list) => {
    await writeFileAside(path, async (file) => {
      let [rows, features] = [0, 0];
      await file.appendFile(headerOf(0, 0));
      const value = await run(async (names, values) => {
        if (names.length === 0) return;
        const lines = names.map((name, i) => `${rows + i === 0 ? '[' : ','}\n  ${JSON.stringify(name)}`);
        rows += names.length;
        features = values.length / names.length;
        await list.appendFile(lines.join(''));
        await file.appendFile(littleEndian(values));
      });
      await list.appendFile(rows === 0 ? '[]\n' : '\n]\n');
      await writeAt(file, headerOf(rows, features));
      result = { value };
    });
  });
  return result!.value;
}

/** The start of a file: magic number, version 1.0, length of the description, and the description. */
function headerOf(rows: number, features: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(HEADER_BYTES - 10, 8);
  header.write(`{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${features}), }`, 10, 'latin1');
  header.write('\n', HEADER_BYTES - 1);
  return header;
}

async function writeAt(file: FileHandle, header: Buffer): Promise<void> {
  await file.write(header, 0, header.length, 0);
}

/** A copy: the values may be of memory that is freed before they are on the disk. */
function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.byteLength);
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  return bytes;
}
