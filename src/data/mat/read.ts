import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { InputError } from '../../errors.js';
import { Damaged } from './damaged.js';
import { elementAt, MI_COMPRESSED, MI_MATRIX, TAG_BYTES } from './element.js';
import type { MatKind } from './kinds.js';
import { nameOf, readMatrix } from './matrix.js';

const HEADER_BYTES = 128;
const VERSION = 0x0100;
/** `MI` as a little-endian number. */
const LITTLE_ENDIAN = 0x4d49;
/** No element is unpacked beyond it: SVHN's largest has 1.6 GB. */
const MAX_BYTES = 2 ** 31;

/**
 * Reads variables out of a MATLAB file of version 5 (what MATLAB calls v6 and v7), little-endian, plain or compressed.
 * Variables that are not asked for are not kept.
 *
 * @param wanted what each variable wanted is read as, by its name
 * @throws InputError that names the file: another format, damaged or cut off, a variable that is missing or of another kind
 * @example const { names } = readMat('meta.mat', { names: cells(text) });
 * @see the MAT-File Format document of MathWorks, "MAT-File Level 5 File Format"
 */
export function readMat<T extends Record<string, unknown>>(
  path: string,
  wanted: { [K in keyof T]: MatKind<T[K]> },
): T {
  const file = openSync(path, 'r');
  try {
    return readVariables(file, wanted);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    throw new InputError(`${path} cannot be read as a MATLAB file: ${error.message}. Get it again.`);
  } finally {
    closeSync(file);
  }
}

function readVariables<T extends Record<string, unknown>>(
  file: number,
  wanted: { [K in keyof T]: MatKind<T[K]> },
): T {
  const { size } = fstatSync(file);
  checkHeader(read(file, 0, Math.min(HEADER_BYTES, size)));
  const names: (keyof T & string)[] = Object.keys(wanted);
  const found: Partial<T> = {};
  const missing = () => names.filter((name) => !Object.hasOwn(found, name));
  for (let at = HEADER_BYTES; at < size && missing().length > 0; ) {
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
      const name = matrix && names.find((each) => each === nameOf(matrix));
      if (name !== undefined) found[name] = wanted[name](readMatrix(matrix!, `the variable ${name}`));
    }
    at += TAG_BYTES + bytes;
  }
  if (missing().length > 0) throw new Damaged(`it has no variable ${missing().join(', ')}`);
  return found as T;
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
  const { type, data } = elementAt(element, 0);
  return type === MI_MATRIX ? data : undefined;
}
