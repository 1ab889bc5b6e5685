/** Entries that a new table has room for. */
const FIRST_ROOM = 256;
/** Bytes of a name that a new table expects. */
const USUAL_NAME = 32;

/** A table as plain arrays, to be kept. */
export interface NameTableParts {
  bytes: Uint8Array;
  /** Where each text ends. */
  ends: Uint32Array;
}

/** Texts in one block of UTF-8, by index: about their own bytes and 4 more each, where strings would take 40 more. */
export class NameTable {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_ROOM * USUAL_NAME);
  #ends: Uint32Array = new Uint32Array(FIRST_ROOM);
  #length = 0;

  /** A table from what {@link parts} gave. */
  static of({ bytes, ends }: NameTableParts): NameTable {
    const table = new NameTable();
    table.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    table.#ends = ends;
    table.#length = ends.length;
    return table;
  }

  get parts(): NameTableParts {
    const ends = this.#ends.slice(0, this.#length);
    return { bytes: this.#bytes.subarray(0, ends.at(-1) ?? 0), ends };
  }

  /** Number of texts. */
  get length(): number {
    return this.#length;
  }

  /** Adds a text behind the others; its index. */
  add(text: string): number {
    const index = this.#length;
    const start = this.#startOf(index);
    // A character of UTF-16 takes at most 3 bytes of UTF-8.
    const most = start + 3 * text.length;
    if (most > this.#bytes.length) this.#bytes = grown(this.#bytes, most);
    if (index === this.#ends.length) {
      const ends = new Uint32Array(Math.max(FIRST_ROOM, 2 * index));
      ends.set(this.#ends);
      this.#ends = ends;
    }
    const end = start + this.#bytes.write(text, start, 'utf8');
    // More than 2^32 bytes of names: no data set has so many.
    if (end > 0xffffffff) throw new RangeError('The names of the images take more than 4 GiB.');
    this.#ends[index] = end;
    this.#length++;
    return index;
  }

  /** A text by its index. */
  at(index: number): string {
    return this.#bytes.toString('utf8', this.#startOf(index), this.#ends[index]!);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }
}

function grown(bytes: Buffer, least: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(least, 2 * bytes.length));
  bytes.copy(larger);
  return larger;
}
