import { deflateSync } from 'node:zlib';

/** A variable of a MATLAB file, its values in column-major order. */
export interface MatVariable {
  name: string;
  shape: readonly number[];
  values: Uint8Array | Float64Array;
  /** Of the array: 9 is uint8, 6 double, 4 text. @default that of the values */
  arrayClass?: number;
  /** Bit 3: complex. @default 0 */
  flags?: number;
}

const MATRIX = 14;
const COMPRESSED = 15;

/** A MATLAB file of version 5, little-endian. */
export function matFile(variables: readonly MatVariable[], { compress = true } = {}): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, written by a test');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126);
  const elements = variables.map((variable) => {
    const matrix = element(MATRIX, matrixOf(variable));
    if (!compress) return matrix;
    const packed = deflateSync(matrix);
    // The only element that is not padded.
    return Buffer.concat([tag(COMPRESSED, packed.length), packed]);
  });
  return Buffer.concat([header, ...elements]);
}

function matrixOf({ name, shape, values, arrayClass, flags = 0 }: MatVariable): Buffer {
  const isBytes = values instanceof Uint8Array;
  const own = Buffer.from([arrayClass ?? (isBytes ? 9 : 6), flags, 0, 0, 0, 0, 0, 0]);
  const sides = Buffer.from(Int32Array.from(shape).buffer);
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([
    element(6, own),
    element(5, sides),
    element(1, Buffer.from(name, 'latin1')),
    element(isBytes ? 2 : 9, data),
  ]);
}

/** A tag and its content, padded to 8 bytes; up to 4 bytes lie in the tag itself. */
function element(type: number, content: Buffer): Buffer {
  if (content.length > 0 && content.length <= 4) {
    const small = Buffer.alloc(8);
    small.writeUInt16LE(type, 0);
    small.writeUInt16LE(content.length, 2);
    content.copy(small, 4);
    return small;
  }
  return Buffer.concat([tag(type, content.length), content, Buffer.alloc((8 - (content.length % 8)) % 8)]);
}

function tag(type: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeUInt32LE(type, 0);
  buffer.writeUInt32LE(bytes, 4);
  return buffer;
}

/** SVHN's file of these labels (1 to 10): pixel `[row, column, channel]` of image i is 8 row + column + 85 channel + 40 i. */
export function svhnFile(labels: readonly number[], options?: { compress?: boolean }): Buffer {
  const values = new Uint8Array(labels.length * 3072);
  labels.forEach((_, image) => {
    for (let at = 0; at < 3072; at++) {
      const [row, column, channel] = [at % 32, Math.floor(at / 32) % 32, Math.floor(at / 1024)];
      values[image * 3072 + at] = 8 * row + column + 85 * channel + 40 * image;
    }
  });
  return matFile(
    [
      { name: 'X', shape: [32, 32, 3, labels.length], values },
      { name: 'y', shape: [labels.length, 1], values: Uint8Array.from(labels) },
    ],
    options,
  );
}
