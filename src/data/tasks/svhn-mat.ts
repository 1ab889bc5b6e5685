import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { InputError } from '../../errors.js';

/** A numeric array of a MATLAB file. */
export interface MatArray {
  /** Size in each dimension. */
  shape: readonly number[];
  /** Its values in column-major order: the first dimension varies fastest. */
  values: Uint8Array | Float64Array;
}

const HEADER_BYTES = 128;
const VERSION = 0x0100;
/** `MI` as a little-endian number. */
const LITTLE_ENDIAN = 0x4d49;
const TAG_BYTES = 8;
/** No element is unpacked beyond it: SVHN's largest has 1.6 GB. */
const MAX_BYTES = 2 ** 31;
/** Element types. */
const MI_UINT8 = 2;
const MI_INT32 = 5;
const MI_UINT32 = 6;
const MI_MATRIX = 14;
const MI_COMPRESSED = 15;
/** Numeric types besides unsigned bytes: bytes of a value, and how it is read. */
const NUMBERS: Readonly<
  Record<number, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  1: [1, (view, at) => view.getInt8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
};
/** Array classes that are numbers: double to uint64. Cells, structures, text and sparse arrays are others. */
const [FIRST_NUMERIC, LAST_NUMERIC] = [6, 15];

/** What is wrong with a file's content; {@link readMat} adds its path. */
class Damaged extends Error {}

/**
 * Reads numeric arrays out of a MATLAB file of version 5 (what MATLAB calls v6 and v7), little-endian, plain or compressed.
 * Variables that are not asked for are not kept.
 *
 * @param names of the variables wanted
 * @throws InputError that names the file: another format, damaged or cut off, a variable that is missing or no real array
 * @see the MAT-File Format document of MathWorks, "MAT-File Level 5 File Format"
 */
export function readMat<N extends string>(path: string, names: readonly N[]): Record<N, MatArray> {
  const file = openSync(path, 'r');
  try {
    return readVariables(file, names);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    throw new InputError(`${path} cannot be read as a MATLAB file: ${error.message}. Get it again.`);
  } finally {
    closeSync(file);
  }
}

function readVariables<N extends string>(file: number, names: readonly N[]): Record<N, MatArray> {
  const { size } = fstatSync(file);
  checkHeader(read(file, 0, Math.min(HEADER_BYTES, size)));
  const found = new Map<string, MatArray>();
  for (let at = HEADER_BYTES; at < size && found.size < names.length; ) {
    if (size - at < TAG_BYTES) throw new Damaged(`it ends in the middle of an element, at byte ${at}`);
    const tag = read(file, at, TAG_BYTES);
    const [type, bytes] = [tag.readUInt32LE(0), tag.readUInt32LE(4)];
    if (bytes > size - at - TAG_BYTES) {
      throw new Damaged(
        `the element at byte ${at} needs ${bytes} bytes, and ${size - at - TAG_BYTES} are left`,
      );
    }
    if (type === MI_MATRIX || type === MI_COMPRESSED) {
      const content = read(file, at + TAG_BYTES, bytes);
      const matrix = type === MI_MATRIX ? content : matrixIn(inflated(content, at));
      const variable = matrix && readMatrix(matrix, names);
      if (variable) found.set(variable.name, variable.array);
    }
    at += TAG_BYTES + bytes;
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Damaged(`it has no variable ${missing.join(', ')}`);
  return Object.fromEntries(found) as Record<N, MatArray>;
}

function checkHeader(header: Buffer): void {
  if (header.length < HEADER_BYTES) throw new Damaged(`it has ${header.length} bytes, fewer than its header`);
  if (header.readUInt16LE(126) !== LITTLE_ENDIAN || header.readUInt16LE(124) !== VERSION)
    throw new Damaged('it is none of version 5, little-endian');
}

function read(file: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let done = 0; done < bytes; ) {
    const received = readSync(file, buffer, done, bytes - done, at + done);
    if (received === 0) throw new Damaged('it became shorter while it was read');
    done += received;
  }
  return buffer;
}

function inflated(content: Buffer, at: number): Buffer {
  try {
    return inflateSync(content, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw new Damaged(`the element at byte ${at} cannot be unpacked (${(error as Error).message})`);
  }
}

/** The content of the matrix that a compressed element is; undefined where it is something else. */
function matrixIn(element: Buffer): Buffer | undefined {
  const { type, data } = part(element, 0);
  return type === MI_MATRIX ? data : undefined;
}

/** One of the `names` and its array; undefined for other variables. */
function readMatrix(matrix: Buffer, names: readonly string[]): { name: string; array: MatArray } | undefined {
  const flags = part(matrix, 0);
  const dimensions = part(matrix, flags.end);
  const title = part(matrix, dimensions.end);
  const name = title.data.toString('latin1');
  if (!names.includes(name)) return undefined;
  if (flags.type !== MI_UINT32 || flags.data.length < 4 || dimensions.type !== MI_INT32)
    throw new Damaged(`the variable ${name} has no array flags or dimensions`);
  const [arrayClass, isComplex] = [flags.data[0]!, (flags.data[1]! & 8) !== 0];
  if (arrayClass < FIRST_NUMERIC || arrayClass > LAST_NUMERIC || isComplex)
    throw new Damaged(`the variable ${name} is no array of real numbers`);
  const shape = Array.from({ length: dimensions.data.length >> 2 }, (_, i) =>
    dimensions.data.readInt32LE(4 * i),
  );
  const length = shape.reduce((a, b) => a * b, 1);
  const values = numbers(part(matrix, title.end), name);
  if (shape.some((side) => side < 0) || values.length !== length)
    throw new Damaged(`the variable ${name} has ${values.length} values, and the shape ${shape.join(' x ')}`);
  return { name, array: { shape, values } };
}

function numbers({ type, data }: Part, name: string): Uint8Array | Float64Array {
  if (type === MI_UINT8) return data;
  const known = NUMBERS[type];
  if (!known) throw new Damaged(`the variable ${name} is stored as type ${type}, which is no known number`);
  const [bytes, readNumber] = known;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: Math.floor(data.length / bytes) }, (_, i) =>
    readNumber(view, i * bytes),
  );
}

interface Part {
  type: number;
  data: Buffer;
  /** Where the next one starts. */
  end: number;
}

/** An element within a matrix: of up to 4 bytes it may share its tag's 8 bytes, and it is padded to a multiple of 8. */
function part(buffer: Buffer, at: number): Part {
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
