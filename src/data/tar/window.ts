import { readSync } from 'node:fs';

/** Bytes that are read at most at once. */
const MOST = 2 ** 16;
/** Bytes that are rather read than jumped over. */
const NEAR = 4096;

/**
 * Reads a file front to back: no more than asked for where what is wanted lies far apart, more and more at once where it lies
 * close together.
 */
export class Window {
  #bytes = Buffer.alloc(0);
  #start = 0;

  /** @param end where the part to be read ends, in bytes from the file's start */
  constructor(
    private readonly descriptor: number,
    private readonly end: number,
  ) {}

  /** Valid until the next call. Shorter than `length` where the file ends. */
  read(at: number, length: number): Buffer {
    const gap = at - (this.#start + this.#bytes.length);
    if (at < this.#start || gap + length > 0) {
      const ahead = gap <= Math.max(NEAR, this.#bytes.length) ? Math.min(2 * this.#bytes.length, MOST) : 0;
      this.#fill(at, Math.max(0, Math.min(Math.max(length, ahead), this.end - at)));
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }

  #fill(at: number, length: number): void {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const received = readSync(this.descriptor, bytes, done, length - done, at + done);
      if (received === 0) break;
      done += received;
    }
    this.#bytes = bytes.subarray(0, done);
    this.#start = at;
  }
}
