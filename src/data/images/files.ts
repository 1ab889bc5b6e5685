import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { InputError } from '../../errors.js';
import { NameTable } from './name-table.js';
import { readFile } from './read-file.js';
import type { EncodedImage, ImageStore } from './store.js';

/** One image file a row. */
export class ImageFiles implements ImageStore {
  constructor(
    private readonly table: FileTable,
    private readonly rows?: Int32Array,
  ) {}

  get length(): number {
    return this.rows?.length ?? this.table.length;
  }

  nameOf(row: number): string {
    return this.table.pathOf(this.rows ? this.rows[row]! : row);
  }

  at(row: number): EncodedImage {
    return imageFile(this.nameOf(row));
  }

  stampOf(row: number): string {
    const path = this.nameOf(row);
    const { size, mtimeMs } = statSync(path);
    return `${resolve(path)} ${size} ${mtimeMs}`;
  }

  select(rows: Int32Array): ImageFiles {
    const { rows: own } = this;
    return new ImageFiles(this.table, own ? Int32Array.from(rows, (row) => own[row]!) : rows);
  }
}

/** Paths of files: a folder's path is held once. */
export class FileTable {
  readonly #folders: string[] = [];
  readonly #names = new NameTable();
  #folderOf = new Int32Array(256);

  get length(): number {
    return this.#names.length;
  }

  /** Adds a folder; what {@link add} takes. */
  addFolder(path: string): number {
    return this.#folders.push(path === '' || path.endsWith(sep) ? path : `${path}${sep}`) - 1;
  }

  /** Adds a file of a folder. */
  add(folder: number, name: string): void {
    const row = this.#names.add(name);
    if (row === this.#folderOf.length) {
      const larger = new Int32Array(2 * row);
      larger.set(this.#folderOf);
      this.#folderOf = larger;
    }
    this.#folderOf[row] = folder;
  }

  /**
   * Adds a file by its path.
   *
   * @param folders numbers of the folders added so far by their paths; what is new goes in
   */
  addPath(path: string, folders: Map<string, number>): void {
    // With its separator: that of the root is all there is, and a plain name has none.
    const cut = path.lastIndexOf(sep) + 1;
    const folder = path.slice(0, cut);
    let known = folders.get(folder);
    if (known === undefined) {
      known = this.addFolder(folder);
      folders.set(folder, known);
    }
    this.add(known, path.slice(cut));
  }

  pathOf(row: number): string {
    return this.#folders[this.#folderOf[row]!]! + this.#names.at(row);
  }
}

/** A store of the files at `paths`. */
export function imageFiles(paths: Iterable<string>): ImageFiles {
  const table = new FileTable();
  const folders = new Map<string, number>();
  for (const path of paths) table.addPath(path, folders);
  return new ImageFiles(table);
}

/** The image in a file. */
export const imageFile = (path: string): EncodedImage => ({
  name: path,
  path,
  read: () => readBytes(path),
});

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(`Cannot read the image ${path}: ${(error as Error).message}.`);
  }
}
