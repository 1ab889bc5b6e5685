import type { Values } from './values.js';

/** Pieces that were read last, and those on their way. */
export class KeptPieces {
  readonly #pieces = new Map<number, { values: Promise<Values>; bytes: number }>();
  #bytes = 0;

  constructor(private readonly most: number) {}

  /** The values of a piece; whoever asks while it is on its way waits for the same. */
  get(piece: number, read: () => Promise<Values>): Promise<Values> {
    const known = this.#pieces.get(piece);
    if (known) {
      // The last one used goes to the end of the line.
      this.#pieces.delete(piece);
      this.#pieces.set(piece, known);
      return known.values;
    }
    const entry = { values: read(), bytes: 0 };
    this.#pieces.set(piece, entry);
    entry.values.then(
      (values) => {
        entry.bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
        this.#bytes += entry.bytes;
        this.#dropOthers(piece);
      },
      // What failed is read again when it is asked for again; who asked is told.
      () => this.#pieces.delete(piece),
    );
    return entry.values;
  }

  #dropOthers(latest: number): void {
    for (const [piece, { bytes }] of this.#pieces) {
      if (this.#bytes <= this.most) return;
      // One that is on its way has no size yet.
      if (piece === latest || bytes === 0) continue;
      this.#pieces.delete(piece);
      this.#bytes -= bytes;
    }
  }
}
