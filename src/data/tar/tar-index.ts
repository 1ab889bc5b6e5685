import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { InputError } from '../../errors.js';
import { NameTable, type NameTableParts } from '../images/name-table.js';
import { keyOfFile } from './gunzip.js';
import { membersOf } from './members.js';

/** The files in a tar archive, in its order. */
export interface TarIndex {
  /** Of the archive. */
  path: string;
  names: NameTable;
  /** Where each begins, in bytes from the archive's start. */
  offsets: Float64Array;
  sizes: Float64Array;
}

/** What is kept of an index. */
interface Kept {
  version: number;
  names: NameTableParts;
  offsets: Float64Array;
  sizes: Float64Array;
}

/** Changes with what is kept. */
const VERSION = 1;
/** Archives of more members than this are not read again at each start. */
const WORTH_KEEPING = 1000;
const IMAGE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;
const NESTED = /\.tar$/i;

/**
 * The files in an archive: their headers are read once, front to back, and what was found is kept in the cache where there
 * are many. The files in archives that it holds come with the archive's name before them: `n01440764.tar/a.JPEG`.
 *
 * @throws InputError that names the archive: it cannot be read, is damaged, or holds a link in place of an image
 */
export function indexTar(path: string, cache: string): TarIndex {
  const folder = join(cache, 'data', 'indexes');
  const file = join(folder, `${keyOfFile(path)}.index`);
  const kept = readKept(file);
  if (kept) return { path, names: NameTable.of(kept.names), offsets: kept.offsets, sizes: kept.sizes };
  const index = readIndex(path);
  if (index.names.length > WORTH_KEEPING) keep(folder, file, index);
  return index;
}

function readIndex(path: string): TarIndex {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new InputError(`Cannot read ${path}: ${(error as Error).message}.`);
  }
  const names = new NameTable();
  const [offsets, sizes] = [new FloatList(), new FloatList()];
  const add = (part: { name: string; start?: number; end?: number }, before: string): void => {
    for (const { path: name, kind, offset, size } of membersOf({ ...part, descriptor })) {
      if (kind === 'link' && IMAGE.test(name)) {
        throw new InputError(
          `${part.name} holds ${name} as a link, not as a file. Pack it again with tar --dereference --hard-dereference.`,
        );
      }
      if (kind !== 'file') continue;
      if (before === '' && NESTED.test(name)) {
        add({ name: `${path}: ${name}`, start: offset, end: offset + size }, `${name}/`);
        continue;
      }
      names.add(before + name);
      offsets.add(offset);
      sizes.add(size);
    }
  };
  try {
    add({ name: path }, '');
  } finally {
    closeSync(descriptor);
  }
  return { path, names, offsets: offsets.values, sizes: sizes.values };
}

/** What was kept, where it can be read: whatever is wrong with it, the archive itself is still there. */
function readKept(file: string): Kept | undefined {
  try {
    const kept: Kept = deserialize(readFileSync(file));
    const isWhole = kept.version === VERSION && kept.offsets.length === kept.sizes.length;
    return isWhole && kept.names.ends.length === kept.offsets.length ? kept : undefined;
  } catch {
    return undefined;
  }
}

function keep(folder: string, file: string, { names, offsets, sizes }: TarIndex): void {
  const aside = `${file}.${process.pid}.part`;
  try {
    mkdirSync(folder, { recursive: true });
    const kept: Kept = { version: VERSION, names: names.parts, offsets, sizes };
    writeFileSync(aside, serialize(kept));
    renameSync(aside, file);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Numbers beyond 2^31 that come one by one. */
class FloatList {
  #values = new Float64Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get values(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}
