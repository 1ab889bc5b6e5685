import type { ByteSource } from './byte-source.js';
import { damaged } from './damaged.js';

const WINDOW = 1 << 16;
const LONGEST_LINE = 1 << 12;

/** Reads a source from a position on, through a small window: for formats whose length is known only at their end. */
export class ByteCursor {
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;

  constructor(
    readonly source: ByteSource,
    public position = 0,
  ) {}

  /** The next byte. */
  byte(): number {
    this.fill(1);
    const value = this.window[this.position - this.windowStart];
    this.position += 1;
    return value as number;
  }

  /** The next `length` bytes, as a copy. */
  bytes(length: number): Uint8Array {
    if (length > WINDOW) {
      const long = this.source.read(this.position, length);
      this.position += length;
      return long;
    }
    this.fill(length);
    const start = this.position - this.windowStart;
    this.position += length;
    return this.window.slice(start, start + length);
  }

  /** The next bytes as a view for numbers, little-endian by the caller's choice. */
  view(length: number): DataView {
    const bytes = this.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Text up to the next line feed, which is consumed and left out. */
  line(): string {
    const codes: number[] = [];
    for (let code = this.byte(); code !== 0x0a; code = this.byte()) {
      if (codes.push(code) > LONGEST_LINE) {
        throw damaged(this.source.path, 'a line end', `a line of more than ${LONGEST_LINE} bytes`);
      }
    }
    return String.fromCharCode(...codes);
  }

  private fill(length: number): void {
    const end = this.windowStart + this.window.length;
    if (this.position >= this.windowStart && this.position + length <= end) return;
    const available = Math.max(0, this.source.size - this.position);
    this.window = this.source.read(this.position, Math.max(length, Math.min(WINDOW, available)));
    this.windowStart = this.position;
  }
}
