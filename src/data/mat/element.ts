import { Damaged } from './damaged.js';

/** Bytes of a tag: type and length. */
export const TAG_BYTES = 8;

/** Types of elements. */
export const MI_UINT8 = 2;
export const MI_INT32 = 5;
export const MI_UINT32 = 6;
export const MI_MATRIX = 14;
export const MI_COMPRESSED = 15;

/** An element within a variable: its tag's type and its content. */
export interface Element {
  type: number;
  data: Buffer;
  /** Where the next one starts. */
  end: number;
}

/** The element at a byte: of up to 4 bytes it may share its tag's 8 bytes, and it is padded to a multiple of 8. */
export function elementAt(buffer: Buffer, at: number): Element {
  if (at + TAG_BYTES > buffer.length) throw new Damaged('a variable ends in the middle of an element');
  const first = buffer.readUInt32LE(at);
  const small = first >>> 16;
  const [type, bytes] = small > 0 ? [first & 0xffff, small] : [first, buffer.readUInt32LE(at + 4)];
  const start = small > 0 ? at + 4 : at + TAG_BYTES;
  if (small > 4 || bytes > buffer.length - start)
    throw new Damaged(`an element of a variable needs ${bytes} bytes, more than there are`);
  const end = small > 0 ? at + TAG_BYTES : start + 8 * Math.ceil(bytes / 8);
  return { type, data: buffer.subarray(start, start + bytes), end };
}
