import { Damaged } from './damaged.js';
import { type Element, elementAt, MI_INT32, MI_MATRIX, MI_UINT8, TAG_BYTES } from './element.js';
import { CELL, FIRST_NUMERIC, LAST_NUMERIC, type Matrix, readMatrix, STRUCTURE, TEXT } from './matrix.js';

/** What a variable is read as; kinds are put together: `structures({ name: text, size: number })`. */
export type MatKind<T> = (matrix: Matrix) => T;

/** A numeric array of a MATLAB file. */
export interface MatArray {
  /** Size in each dimension. */
  shape: readonly number[];
  /** Its values in column-major order: the first dimension varies fastest. */
  values: Uint8Array | Float64Array;
}

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
  12: [8, (view, at) => Number(view.getBigInt64(at, true))],
  13: [8, (view, at) => Number(view.getBigUint64(at, true))],
};

/** Encodings of text by their types: MATLAB writes UTF-16 code units as uint16 or UTF-16, scipy UTF-8, others bytes. */
const ENCODINGS: Readonly<Record<number, BufferEncoding>> = {
  1: 'latin1',
  2: 'latin1',
  4: 'utf16le',
  16: 'utf8',
  17: 'utf16le',
};

/** An array of real numbers. */
export const numbers: MatKind<MatArray> = (matrix) => {
  const { title, arrayClass, isComplex, shape, length } = matrix;
  if (arrayClass < FIRST_NUMERIC || arrayClass > LAST_NUMERIC || isComplex)
    throw new Damaged(`${title} is no array of real numbers`);
  const values = matrix.content.length === 0 ? new Float64Array() : numbersIn(valuesOf(matrix), title);
  if (values.length !== length)
    throw new Damaged(`${title} has ${values.length} values, and the shape ${shape.join(' x ')}`);
  return { shape, values };
};

/** One real number. */
export const number: MatKind<number> = (matrix) => {
  const { shape, values } = numbers(matrix);
  if (values.length !== 1)
    throw new Damaged(`${matrix.title} has the shape ${shape.join(' x ')}, and should be one number`);
  return values[0]!;
};

/** One line of text. */
export const text: MatKind<string> = (matrix) => {
  const { title, arrayClass, shape, length } = matrix;
  // How an empty one is written depends on the writer.
  if (length === 0) return '';
  if (arrayClass !== TEXT) throw new Damaged(`${title} is no text`);
  if (shape[0] !== 1)
    throw new Damaged(`${title} has the shape ${shape.join(' x ')}, and should be one line`);
  const { type, data } = valuesOf(matrix);
  const encoding = ENCODINGS[type];
  if (!encoding) throw new Damaged(`${title} is stored as type ${type}, which is no known text`);
  return data.toString(encoding);
};

/** The cells of a cell array, in column-major order. */
export const cells =
  <T>(kind: MatKind<T>): MatKind<T[]> =>
  (matrix) => {
    const { title, arrayClass, length } = matrix;
    if (arrayClass !== CELL) throw new Damaged(`${title} is no cell array`);
    const read: T[] = [];
    let at = matrix.start;
    for (let i = 0; i < length; i++) {
      const cell = elementAt(matrix.content, at);
      read.push(kind(within(cell, `cell ${i} of ${title}`)));
      at = cell.end;
    }
    return read;
  };

/** The entries of a structure array, in column-major order, with the fields that are asked for. */
export const structures =
  <T extends Record<string, unknown>>(fields: { [K in keyof T]: MatKind<T[K]> }): MatKind<T[]> =>
  (matrix) => {
    const { title, arrayClass, content, length } = matrix;
    if (arrayClass !== STRUCTURE) throw new Damaged(`${title} is no structure array`);
    const { names, end } = fieldNames(matrix);
    const missing = Object.keys(fields).filter((name) => !names.includes(name));
    if (missing.length > 0) throw new Damaged(`${title} has no field ${missing.join(', ')}`);
    // A field takes its tag at least: what claims more entries than that is cut off.
    if (length * names.length * TAG_BYTES > content.length - end)
      throw new Damaged(`${title} has fewer entries than the ${length} of its shape`);
    const entries: T[] = [];
    let at = end;
    for (let i = 0; i < length; i++) {
      const entry: Partial<T> = {};
      for (const name of names) {
        const field = elementAt(content, at);
        if (Object.hasOwn(fields, name)) {
          const key: keyof T = name;
          entry[key] = fields[key](within(field, `the field ${name} of entry ${i} of ${title}`));
        }
        at = field.end;
      }
      entries.push(entry as T);
    }
    return entries;
  };

const valuesOf = ({ content, start }: Matrix): Element => elementAt(content, start);

function within({ type, data }: Element, title: string): Matrix {
  if (type !== MI_MATRIX) throw new Damaged(`${title} is no array`);
  return readMatrix(data, title);
}

/** Names of a structure's fields, each in as many bytes and filled up with zeros. */
function fieldNames({ title, content, start }: Matrix): { names: string[]; end: number } {
  const width = elementAt(content, start);
  const { data, end } = elementAt(content, width.end);
  const bytes = width.type === MI_INT32 && width.data.length === 4 ? width.data.readInt32LE(0) : 0;
  if (bytes < 1 || data.length % bytes !== 0) throw new Damaged(`${title} has no names of fields`);
  const names = Array.from(
    { length: data.length / bytes },
    (_, i) => data.toString('latin1', i * bytes, (i + 1) * bytes).split('\0')[0]!,
  );
  return { names, end };
}

function numbersIn({ type, data }: Element, title: string): Uint8Array | Float64Array {
  if (type === MI_UINT8) return data;
  const known = NUMBERS[type];
  if (!known) throw new Damaged(`${title} is stored as type ${type}, which is no known number`);
  const [bytes, readNumber] = known;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: Math.floor(data.length / bytes) }, (_, i) =>
    readNumber(view, i * bytes),
  );
}
