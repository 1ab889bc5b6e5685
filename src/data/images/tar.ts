import { InputError } from '../../errors.js';
import type { TarIndex } from '../tar/index.js';
import type { EncodedImage, ImageStore } from './store.js';
import { TarReader } from './tar-reader.js';

/** Files between two images that still count as the next: what WebDataset keeps beside each. */
const BETWEEN = 8;
/** Bytes that are read ahead at first where images are read in their order; twice as many each time, up to the last. */
const [FIRST_AHEAD, MOST_AHEAD] = [2 ** 16, 4 * 2 ** 20];

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
  readonly #reader: TarReader;
  #lastRow = Number.NEGATIVE_INFINITY;
  /** Bytes of the last stretch; 0 where images are not read in their order. */
  #span = 0;
  #ahead: Stretch | undefined;

  constructor(readonly indexes: readonly TarIndex[]) {
    for (const { names } of indexes) this.#starts.push(this.#starts.at(-1)! + names.length);
    this.#reader = new TarReader(indexes);
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
    return `${this.#reader.stampOf(archive)} ${this.indexes[archive]!.offsets[member]}`;
  }

  /**
   * The bytes of a file. Where files are read in their order, a stretch of them is read at once, each byte of an archive once;
   * elsewhere only the file itself.
   *
   * @throws InputError that names the file: the archive cannot be read, or is not the one that it was
   */
  async read(row: number): Promise<Uint8Array> {
    const { archive, member } = this.placeOf(row);
    const { offsets, sizes } = this.indexes[archive]!;
    const [offset, size] = [offsets[member]!, sizes[member]!];
    const { start, bytes } = this.#aheadAt(row) ?? {
      start: offset,
      bytes: this.#reader.read(archive, offset, size),
    };
    try {
      const own = (await bytes).subarray(offset - start, offset - start + size);
      if (own.length < size) throw new Error('the archive became shorter while it was read');
      return own;
    } catch (error) {
      throw new InputError(`Cannot read the image ${this.nameOf(row)}: ${(error as Error).message}.`);
    }
  }

  /** The stretch that has a row; undefined where it is better read alone. */
  #aheadAt(row: number): Stretch | undefined {
    const step = row - this.#lastRow;
    this.#lastRow = row;
    const ahead = this.#ahead;
    if (ahead && row >= ahead.first && row <= ahead.last) return ahead;
    // Those that are decoded at once may come a little out of order.
    if (Math.abs(step) > BETWEEN) this.#span = 0;
    if (step <= 0 || step > BETWEEN) return undefined;
    this.#span = Math.min(Math.max(FIRST_AHEAD, 2 * this.#span), MOST_AHEAD);
    const { archive, member } = this.placeOf(row);
    const { offsets, sizes } = this.indexes[archive]!;
    const start = offsets[member]!;
    let last = member;
    while (last + 1 < offsets.length && offsets[last + 1]! + sizes[last + 1]! - start <= this.#span) last++;
    const bytes = this.#reader.read(archive, start, offsets[last]! + sizes[last]! - start);
    const stretch = { first: row, last: row + last - member, start, bytes };
    this.#ahead = stretch;
    // Whoever waits for it is told, and whoever comes later tries again.
    bytes.catch(() => {
      if (this.#ahead === stretch) this.#ahead = undefined;
    });
    return stretch;
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
