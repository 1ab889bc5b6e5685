import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../errors.js';
import {
  type Column,
  KeptPieces,
  type Piece,
  readValues,
  unreadable,
  type Values,
} from '../parquet/index.js';
import type { EncodedImage, ImageStore } from './store.js';

/** Bytes of a block: an epoch that goes by blocks has some of them in use at a time. */
const BLOCK_BYTES = 16 * 2 ** 20;
/** Bytes of images that are kept at most. */
const MOST_KEPT = 256 * 2 ** 20;

/** A parquet file's column of images. */
export interface ParquetColumn {
  path: string;
  column: Column;
  /** The parts in which it is read, in the order of its rows. */
  pieces: readonly Piece[];
}

/** A column of images in parquet files, one behind the other: what the selections of a store share. */
export class ParquetTable {
  /** Row that each piece begins with, and behind the last one the number of rows. */
  readonly #starts: Int32Array;
  /** File of each piece. */
  readonly #fileOf: Int32Array;
  /** Block that each piece is of: a run of them. */
  readonly #blockOf: Int32Array;
  /** Row and piece that each file begins with. */
  readonly #firstRows: Int32Array;
  readonly #firstPieces: Int32Array;
  readonly #stamps: string[];
  readonly #kept: KeptPieces;

  /** @param most bytes of images that are kept at most */
  constructor(
    private readonly files: readonly ParquetColumn[],
    { most = MOST_KEPT }: { most?: number } = {},
  ) {
    const count = files.reduce((sum, { pieces }) => sum + pieces.length, 0);
    this.#starts = new Int32Array(count + 1);
    this.#fileOf = new Int32Array(count);
    this.#blockOf = new Int32Array(count);
    this.#firstRows = new Int32Array(files.length);
    this.#firstPieces = new Int32Array(files.length);
    this.#kept = new KeptPieces(most);
    let [at, block, filled] = [0, 0, 0];
    for (const [file, { pieces }] of files.entries()) {
      [this.#firstRows[file], this.#firstPieces[file]] = [this.#starts[at]!, at];
      for (const { rows, bytes } of pieces) {
        if (filled > 0 && filled + bytes > BLOCK_BYTES) [block, filled] = [block + 1, 0];
        filled += bytes;
        this.#starts[at + 1] = this.#starts[at]! + rows;
        [this.#fileOf[at], this.#blockOf[at]] = [file, block];
        at++;
      }
    }
    this.#stamps = files.map(({ path }) => {
      const { size, mtimeMs } = statSync(path);
      return `${resolve(path)} ${size} ${mtimeMs}`;
    });
  }

  get length(): number {
    return this.#starts.at(-1)!;
  }

  nameOf(row: number): string {
    const file = this.#fileOf[this.#pieceOf(row)]!;
    return `${this.files[file]!.path}: row ${row - this.#firstRows[file]!}`;
  }

  stampOf(row: number): string {
    const file = this.#fileOf[this.#pieceOf(row)]!;
    return `${this.#stamps[file]} ${row - this.#firstRows[file]!}`;
  }

  blockOf(row: number): number {
    return this.#blockOf[this.#pieceOf(row)]!;
  }

  /** The bytes of an image. Those around it are read with it, and kept for a while. */
  async read(row: number): Promise<Uint8Array> {
    const piece = this.#pieceOf(row);
    const values = await this.#kept.get(piece, () => this.#readPiece(piece));
    const value = values[row - this.#starts[piece]!];
    if (value) return value;
    throw new InputError(`${this.nameOf(row)} has no image: its bytes are missing.`);
  }

  async #readPiece(piece: number): Promise<Values> {
    const file = this.#fileOf[piece]!;
    const { path, column, pieces } = this.files[file]!;
    try {
      return await readValues(path, column, pieces[piece - this.#firstPieces[file]!]!);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /** The piece that holds a row. */
  #pieceOf(row: number): number {
    let [low, high] = [0, this.#fileOf.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Images in the rows of parquet files. */
export class ParquetImages implements ImageStore {
  #blocks: { ids: Int32Array | undefined } | undefined;

  /** @param rows of the table, in the order wanted */
  constructor(
    private readonly table: ParquetTable,
    private readonly rows: Int32Array,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  /** Where the rows are in another order than the table's, there are none. */
  get blocks(): Int32Array | undefined {
    if (!this.#blocks) {
      const ids = this.rows.map((row) => this.table.blockOf(row));
      const isAscending = ids.every((block, i) => i === 0 || block >= ids[i - 1]!);
      this.#blocks = { ids: isAscending ? ids : undefined };
    }
    return this.#blocks.ids;
  }

  nameOf(row: number): string {
    return this.table.nameOf(this.rows[row]!);
  }

  at(row: number): EncodedImage {
    const own = this.rows[row]!;
    return { name: this.table.nameOf(own), read: () => this.table.read(own) };
  }

  stampOf(row: number): string {
    return this.table.stampOf(this.rows[row]!);
  }

  select(rows: Int32Array): ParquetImages {
    return new ParquetImages(
      this.table,
      rows.map((row) => this.rows[row]!),
    );
  }
}
