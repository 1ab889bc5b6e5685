import { damaged } from '../bytes/damaged.js';
import type { AllowList } from './allow-list.js';
import { isCount, PickleGlobal, PickleObject, type PickleValue } from './values.js';

/** Types of elements that are read, as numpy names them without their byte order, with the bytes of one. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  u1: 1,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u2: 2,
  u4: 4,
  u8: 8,
};

/** The type of an array's elements. */
class NumpyType extends PickleObject {
  readonly title = 'a type of numpy';

  constructor(
    private readonly path: string,
    /** For example `u1`. */
    readonly name: string,
  ) {
    super();
  }

  /** State: version, byte order, and what only types with fields have. */
  override setState(state: PickleValue): void {
    const order = Array.isArray(state) ? asText(state[1]) : undefined;
    if (order !== '|' && order !== '<' && order !== '=')
      throw damaged(this.path, 'a type of numpy in little-endian order', `the byte order ${order}`);
  }
}

/** An array of numpy: integers in row-major order. */
export class NumpyArray extends PickleObject {
  readonly title = 'an array of numpy';
  shape: readonly number[] = [0];
  /** For example `u1`, `i8`. */
  dtype = 'u1';
  /** Its elements, little-endian. */
  bytes: Uint8Array = new Uint8Array(0);

  constructor(private readonly path: string) {
    super();
  }

  /** State: version, shape, type, whether it is in column-major order, elements. */
  override setState(state: PickleValue): void {
    const [, shape, type, isColumnMajor, elements] = Array.isArray(state) ? state : [];
    this.fill({ shape, type, elements, isColumnMajor: isColumnMajor === true || isColumnMajor === 1 });
  }

  /** @throws InputError where bytes, shape and type do not agree */
  fill({ shape, type, elements, isColumnMajor }: ArrayParts): void {
    const { path } = this;
    // Protocol 2 of Python 3 writes bytes as text of as many characters.
    const bytes = typeof elements === 'string' ? Buffer.from(elements, 'latin1') : elements;
    if (!Array.isArray(shape) || !shape.every(isCount) || !(type instanceof NumpyType))
      throw damaged(path, 'shape and type of an array of numpy', 'something else');
    if (!(bytes instanceof Uint8Array)) throw damaged(path, 'the elements of an array of numpy', 'objects');
    if (isColumnMajor && shape.length > 1)
      throw damaged(path, 'an array of numpy in row-major order', 'one in column-major order');
    const each = ELEMENT_BYTES[type.name];
    if (each === undefined) throw damaged(path, 'an array of integers', `one of numpy's type ${type.name}`);
    const expected = shape.reduce((a, b) => a * b, each);
    if (bytes.length !== expected)
      throw damaged(path, `${expected} bytes for the shape (${shape.join(', ')})`, `${bytes.length}`);
    [this.shape, this.dtype, this.bytes] = [shape, type.name, bytes];
  }
}

interface ArrayParts {
  shape: PickleValue | undefined;
  type: PickleValue | undefined;
  elements: PickleValue | undefined;
  isColumnMajor: boolean;
}

/** The allow-list of one file of arrays: what numpy 1 and 2 rebuild them by, and no more. */
export function numpyAllowList(path: string): AllowList {
  const reconstruct = () => new NumpyArray(path);
  const fromBuffer = ([elements, type, shape, order]: readonly PickleValue[]) => {
    const array = new NumpyArray(path);
    array.fill({ shape, type, elements, isColumnMajor: asText(order) === 'F' });
    return array;
  };
  const calls: Readonly<Record<string, PickleGlobal['call']>> = {
    'numpy.core.multiarray._reconstruct': reconstruct,
    'numpy._core.multiarray._reconstruct': reconstruct,
    'numpy.core.numeric._frombuffer': fromBuffer,
    'numpy._core.numeric._frombuffer': fromBuffer,
    'numpy.ndarray': undefined,
    'numpy.dtype': ([name]) => new NumpyType(path, asText(name) ?? ''),
    '_codecs.encode': ([text, encoding]) => {
      if (typeof text !== 'string' || asText(encoding) !== 'latin1')
        throw damaged(path, 'bytes as text in latin1', 'something else');
      return new Uint8Array(Buffer.from(text, 'latin1'));
    },
  };
  return {
    title: 'arrays of numpy',
    globals: new Map(Object.entries(calls).map(([name, call]) => [name, new PickleGlobal(name, call)])),
    advice: 'Get the file again from where it is published.',
    byteStrings: 'bytes',
  };
}

/** A value that is text, as Python 2 or 3 wrote it. */
export function asText(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : undefined;
}

/** A list or an array of integers. */
export function integersOf(value: PickleValue | undefined): number[] | undefined {
  if (Array.isArray(value)) {
    const integers = value.filter((each): each is number => Number.isSafeInteger(each));
    return integers.length === value.length ? integers : undefined;
  }
  if (!(value instanceof NumpyArray) || value.shape.length !== 1) return undefined;
  const { bytes, dtype } = value;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[dtype]!;
  const each = ELEMENT_BYTES[dtype]!;
  return Array.from({ length: bytes.length / each }, (_, i) => Number(read(view, i * each)));
}

const READERS: Readonly<Record<string, (view: DataView, at: number) => number | bigint>> = {
  u1: (view, at) => view.getUint8(at),
  u2: (view, at) => view.getUint16(at, true),
  u4: (view, at) => view.getUint32(at, true),
  u8: (view, at) => view.getBigUint64(at, true),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at) => view.getInt16(at, true),
  i4: (view, at) => view.getInt32(at, true),
  i8: (view, at) => view.getBigInt64(at, true),
};
