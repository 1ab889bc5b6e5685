import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { FileTable, ImageFiles } from '../images/index.js';
import { IMAGE_EXTENSIONS } from '../layouts/image-files.js';

const EXTENSIONS = new Set<string>(IMAGE_EXTENSIONS.map((extension) => `.${extension}`));

/** Image files with their labels, gathered one by one into a data set. */
export class LabelledFiles {
  readonly #table = new FileTable();
  #labels = new Int32Array(1024);
  readonly #folders: string[] = [];
  /** Names of the files in a folder, where single ones are looked for in it. */
  readonly #names = new Map<number, ReadonlySet<string>>();

  /** Adds a folder: what {@link add} takes. */
  addFolder(path: string): number {
    this.#folders.push(path);
    return this.#table.addFolder(path);
  }

  /**
   * Adds a file of a folder.
   *
   * @param list the file that names it, and the line or entry in it
   * @throws InputError when it is not there
   */
  add(folder: number, name: string, label: number, list: string): void {
    let names = this.#names.get(folder);
    if (!names) {
      names = new Set(namesIn(this.#folders[folder]!));
      this.#names.set(folder, names);
    }
    if (!names.has(name)) {
      const path = join(this.#folders[folder]!, name);
      throw new InputError(`${list} names ${path}, which is not there. Get the images again.`);
    }
    this.#append(folder, name, label);
  }

  /** Adds the images in a folder, sorted by code units; their number. */
  addAll(path: string, label: number): number {
    const names = imagesIn(path);
    const folder = this.addFolder(path);
    for (const name of names) this.#append(folder, name, label);
    return names.length;
  }

  /** All that were added, in their order. */
  dataset(): Dataset {
    const { length } = this.#table;
    return {
      length,
      labels: this.#labels.slice(0, length),
      source: { kind: 'encoded', images: new ImageFiles(this.#table) },
    };
  }

  #append(folder: number, name: string, label: number): void {
    const row = this.#table.length;
    if (row === this.#labels.length) {
      const larger = new Int32Array(2 * row);
      larger.set(this.#labels);
      this.#labels = larger;
    }
    this.#labels[row] = label;
    this.#table.add(folder, name);
  }
}

/** Names of the image files in a folder, sorted by code units; hidden ones are left out. */
export const imagesIn = (folder: string): string[] =>
  namesIn(folder)
    .filter((name) => !name.startsWith('.') && EXTENSIONS.has(extname(name).toLowerCase()))
    .sort();

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new InputError(`Cannot read the folder ${folder}: ${(error as Error).message}.`);
  }
}
