import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { NameTable } from '../images/name-table.js';
import { keyOfFile } from './gunzip.js';
import { keep, readKept } from './kept-index.js';
import { isSidecar, MOST_SIDECAR, packed, partsOf, saidBy } from './label.js';
import { membersOf, type TarPart } from './members.js';

/** The files in a tar archive, in its order. */
export interface TarIndex {
  /** Of the archive, as it was named. */
  path: string;
  /** Where its bytes can be read from any place: the archive itself, or what it was unpacked to. */
  file: string;
  names: NameTable;
  /** Where each begins, in bytes from the start of `file`. */
  offsets: Float64Array;
  sizes: Float64Array;
  /** What each sidecar says, one behind the other: see `unpacked`. */
  said: NameTable;
}

/** Archives of more members than this are not read again at each start. */
const WORTH_KEEPING = 100;
const IMAGE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;
const NESTED = /\.tar$/i;

/** What an image may be stored as where its bytes are not all there, and how to pack it again. */
const UNREADABLE: Readonly<Record<string, readonly [what: string, next: string]>> = {
  link: ['a link, not as a file', 'tar --dereference --hard-dereference'],
  device: ['a device or pipe, not as a file', 'the image itself in its place'],
  sparse: ['a sparse file, with holes left out', 'tar without --sparse'],
};

/**
 * The files in an archive: their headers are read once, front to back, with what labels lie beside images, and what was found
 * is kept in the cache where there are many. The files in archives that it holds come with the archive's name before them:
 * `n01440764.tar/a.JPEG`.
 *
 * @param file where its bytes are, of a compressed archive: see `plainTar`. @default the archive itself
 * @throws InputError that names the archive: it cannot be read, is damaged, or holds an image whose bytes are not there
 */
export function indexTar(path: string, cache: string, { file = path }: { file?: string } = {}): TarIndex {
  const keptFile = join(cache, 'data', 'indexes', `${keyOfFile(path)}.index`);
  const kept = readKept(keptFile);
  if (kept) {
    const { names, offsets, sizes, said } = kept;
    return { path, file, names: NameTable.of(names), offsets, sizes, said: NameTable.of(said) };
  }
  const index = readIndex(path, file);
  const { names, offsets, sizes, said } = index;
  if (names.length > WORTH_KEEPING) keep(keptFile, { names: names.parts, offsets, sizes, said: said.parts });
  return index;
}

function readIndex(path: string, file: string): TarIndex {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new InputError(`Cannot read ${path}: ${(error as Error).message}.`);
  }
  const [names, said] = [new NameTable(), new NameTable()];
  const [offsets, sizes] = [new FloatList(), new FloatList()];
  const isWanted = (name: string, size: number) => size <= MOST_SIDECAR && isSidecar(partsOf(name).ending);
  const add = (part: Omit<TarPart, 'descriptor'>, before: string): void => {
    for (const { path: name, kind, offset, size, content } of membersOf({ ...part, descriptor, isWanted })) {
      const unreadable = UNREADABLE[kind];
      if (unreadable && IMAGE.test(name)) {
        const [what, next] = unreadable;
        throw new InputError(`${part.name} holds ${name} as ${what}. Pack it again with ${next}.`);
      }
      if (kind !== 'file') continue;
      if (before === '' && NESTED.test(name)) {
        add({ name: `${path}: ${name}`, start: offset, end: offset + size }, `${name}/`);
        continue;
      }
      names.add(before + name);
      offsets.add(offset);
      sizes.add(size);
      const { ending } = partsOf(name);
      if (isSidecar(ending)) said.add(packed(saidBy(ending, size, content)));
    }
  };
  try {
    add({ name: path }, '');
  } finally {
    closeSync(descriptor);
  }
  return { path, file, names, offsets: offsets.values, sizes: sizes.values, said };
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
