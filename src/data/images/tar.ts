import { closeSync, openSync, read, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '../../errors.js';
import type { TarIndex } from '../tar/index.js';
import type { EncodedImage, ImageStore } from './store.js';

const readAt = promisify(read);

/** Bytes that are read ahead where images are read in their order. */
const BLOCK = 4 * 2 ** 20;
/** Files between two images that still count as the next: what WebDataset keeps beside each. */
const BETWEEN = 8;
/** Archives that are open at once. */
const MOST_OPEN = 64;

/** A stretch of an archive that is in memory, or on its way. */
interface Stretch {
  /** Rows of the archives that lie in it. */
  first: number;
  last: number;
  /** Where it begins, in bytes from the archive's start. */
  start: number;
  bytes: Promise<Buffer>;
}

/** Files in tar archives, one behind the other: what the selections of a store share. */
export class TarFiles {
  /** Row that each archive begins with, and behind the last one the number of rows. */
  readonly #starts: number[] = [0];
  readonly #stamps: string[];
  readonly #open = new Map<number, { descriptor: number; uses: number }>();
  #lastRow = -1;
  #ahead: Stretch | undefined;

  constructor(readonly indexes: readonly TarIndex[]) {
    for (const { names } of indexes) this.#starts.push(this.#starts.at(-1)! + names.length);
    this.#stamps = indexes.map(({ path }) => {
      const { size, mtimeMs } = statSync(path);
      return `${resolve(path)} ${size} ${mtimeMs}`;
    });
  }

  get length(): number {
    return this.#starts.at(-1)!;
  }

  /** The archive that a row is in, and its place there. */
  placeOf(row: number): { archive: number; member: number } {
    let [low, high] = [0, this.indexes.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return { archive: low, member: row - this.#starts[low]! };
  }

  nameOf(row: number): string {
    const { archive, member } = this.placeOf(row);
    const { path, names } = this.indexes[archive]!;
    return `${path}: ${names.at(member)}`;
  }

  stampOf(row: number): string {
    const { archive, member } = this.placeOf(row);
    return `${this.#stamps[archive]} ${this.indexes[archive]!.offsets[member]}`;
  }

  /**
   * The bytes of a file. Where files are read in their order, a stretch of them is read at once, each byte of an archive once;
   * elsewhere only the file itself.
   */
  async read(row: number): Promise<Uint8Array> {
    const { archive, member } = this.placeOf(row);
    const { offsets, sizes } = this.indexes[archive]!;
    const [start, size] = [offsets[member]!, sizes[member]!];
    const isNext = row > this.#lastRow && row <= this.#lastRow + BETWEEN;
    this.#lastRow = row;
    const ahead = this.#ahead;
    if (ahead && row >= ahead.first && row <= ahead.last) {
      const bytes = await ahead.bytes;
      return bytes.subarray(start - ahead.start, start - ahead.start + size);
    }
    if (!isNext) return this.#bytes(archive, start, size);
    let last = member;
    while (last + 1 < offsets.length && offsets[last + 1]! + sizes[last + 1]! - start <= BLOCK) last++;
    const bytes = this.#bytes(archive, start, offsets[last]! + sizes[last]! - start);
    // Whoever waits for it is told; nobody may.
    bytes.catch(() => {});
    this.#ahead = { first: row, last: row + last - member, start, bytes };
    return (await bytes).subarray(0, size);
  }

  async #bytes(archive: number, start: number, size: number): Promise<Buffer> {
    const { path } = this.indexes[archive]!;
    const file = this.#descriptor(archive);
    file.uses++;
    try {
      const bytes = Buffer.allocUnsafeSlow(size);
      const { bytesRead } = await readAt(file.descriptor, bytes, 0, size, start);
      if (bytesRead === size) return bytes;
      throw new Error('it became shorter while it was read');
    } catch (error) {
      throw new InputError(`Cannot read ${path}: ${(error as Error).message}.`);
    } finally {
      file.uses--;
      this.#closeSome();
    }
  }

  #descriptor(archive: number): { descriptor: number; uses: number } {
    const known = this.#open.get(archive);
    // The last one used goes to the end of the line.
    this.#open.delete(archive);
    const file = known ?? { descriptor: openSync(this.indexes[archive]!.path, 'r'), uses: 0 };
    this.#open.set(archive, file);
    return file;
  }

  #closeSome(): void {
    for (const [archive, { descriptor, uses }] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      if (uses > 0) continue;
      closeSync(descriptor);
      this.#open.delete(archive);
    }
  }
}

/** Images that stay inside tar archives. */
export class TarImages implements ImageStore {
  /** @param rows of the files that are images, in the order wanted */
  constructor(
    private readonly files: TarFiles,
    private readonly rows: Int32Array,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  nameOf(row: number): string {
    return this.files.nameOf(this.rows[row]!);
  }

  at(row: number): EncodedImage {
    const file = this.rows[row]!;
    return { name: this.files.nameOf(file), read: () => this.files.read(file) };
  }

  stampOf(row: number): string {
    return this.files.stampOf(this.rows[row]!);
  }

  select(rows: Int32Array): TarImages {
    return new TarImages(
      this.files,
      rows.map((row) => this.rows[row]!),
    );
  }
}
