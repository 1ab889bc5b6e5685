import type { ByteCursor } from '../../bytes/byte-cursor.js';
import { damaged } from '../../bytes/damaged.js';

/** A tensor that lies in the file: where, and what it is. */
export class StoredTensor {
  constructor(
    /** numpy's name of the type. */
    readonly dtype: string,
    readonly shape: readonly number[],
    readonly offset: number,
    /** In bytes. */
    readonly length: number,
  ) {}
}

/** What a checkpoint holds: maps, lists, plain values, and tensors. */
export type FlaxValue = null | boolean | number | bigint | string | FlaxValue[] | FlaxMap | StoredTensor;

/** A map with names as keys. */
export type FlaxMap = Map<string, FlaxValue>;

const DEEPEST = 64;
/** A small file can hold many values of one byte, which take more memory than that. Large models have thousands. */
const MOST_VALUES = 1_000_000;
/** Flax's extension types: tensors, complex numbers, and numbers of numpy, which are laid out as tensors. */
const EXTENSIONS = { ndarray: 1, nativeComplex: 2, npscalar: 3 };

/**
 * Decodes MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) as `flax.serialization` writes it. The
 * values of tensors are passed over: they are read where they are wanted.
 *
 * @throws InputError where lengths do not fit the file, or the bytes mean nothing
 */
export class MsgpackDecoder {
  private values = 0;

  constructor(private readonly cursor: ByteCursor) {}

  /** The next value. */
  value(depth = 0): FlaxValue {
    if (depth > DEEPEST) throw this.damaged(`at most ${DEEPEST} levels`, 'more');
    this.values += 1;
    if (this.values > MOST_VALUES) throw this.damaged(`at most ${MOST_VALUES} values`, 'more');
    const code = this.cursor.byte();
    if (code <= 0x7f) return code;
    if (code <= 0x8f) return this.map(code & 0x0f, depth);
    if (code <= 0x9f) return this.list(code & 0x0f, depth);
    if (code <= 0xbf) return this.text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    const decode = CODES[code];
    if (decode === undefined) throw this.damaged('MessagePack', `the byte ${code}`);
    return decode(this, depth);
  }

  map(count: number, depth: number): FlaxMap {
    const map: FlaxMap = new Map();
    for (let i = 0; i < count; i += 1) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw this.damaged('a name', `a key of type ${typeof key}`);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  list(count: number, depth: number): FlaxValue[] {
    const list: FlaxValue[] = [];
    for (let i = 0; i < count; i += 1) list.push(this.value(depth + 1));
    return list;
  }

  text(length: number): string {
    return new TextDecoder().decode(this.cursor.bytes(length));
  }

  /** Bytes outside of a tensor mean nothing here. */
  skip(length: number): null {
    const { position, source } = this.cursor;
    if (position + length > source.size) {
      throw this.damaged(`${length} bytes from byte ${position}`, `the end of the file at ${source.size}`);
    }
    this.cursor.position += length;
    return null;
  }

  uint(bytes: 1 | 2 | 4): number {
    const view = this.cursor.view(bytes);
    if (bytes === 1) return view.getUint8(0);
    return bytes === 2 ? view.getUint16(0) : view.getUint32(0);
  }

  view(bytes: number): DataView {
    return this.cursor.view(bytes);
  }

  extension(length: number, depth: number): FlaxValue {
    const type = this.uint(1);
    if (type !== EXTENSIONS.ndarray && type !== EXTENSIONS.npscalar) return this.skip(length);
    const end = this.cursor.position + length;
    const tensor = this.tensor(depth);
    if (this.cursor.position !== end) throw this.damaged(`a tensor up to byte ${end}`, 'another length');
    return tensor;
  }

  /** `(shape, type, bytes)`, packed once more. */
  private tensor(depth: number): StoredTensor {
    const count = this.cursor.byte();
    if (count !== 0x93) throw this.damaged('a tensor of three parts', `the byte ${count}`);
    const shape = this.value(depth + 1);
    const dtype = this.value(depth + 1);
    if (
      !Array.isArray(shape) ||
      !shape.every((size): size is number => typeof size === 'number' && size >= 0)
    ) {
      throw this.damaged('the shape of a tensor', 'something else');
    }
    if (typeof dtype !== 'string') throw this.damaged('the type of a tensor', 'something else');
    const length = this.binaryLength();
    const offset = this.cursor.position;
    this.skip(length);
    return new StoredTensor(dtype, shape, offset, length);
  }

  private binaryLength(): number {
    const code = this.cursor.byte();
    const bytes = ({ 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 } as const)[code];
    if (bytes !== undefined) return this.uint(bytes);
    if (code >= 0xa0 && code <= 0xbf) return code & 0x1f;
    throw this.damaged('the bytes of a tensor', `the byte ${code}`);
  }

  private damaged(expected: string, received: string) {
    return damaged(this.cursor.source.path, expected, received);
  }
}

type Decode = (decoder: MsgpackDecoder, depth: number) => FlaxValue;

/** By the byte in front. Numbers are big-endian. */
const CODES: Readonly<Record<number, Decode>> = {
  192: () => null,
  194: () => false,
  195: () => true,
  196: (from) => from.skip(from.uint(1)),
  197: (from) => from.skip(from.uint(2)),
  198: (from) => from.skip(from.uint(4)),
  199: (from, depth) => from.extension(from.uint(1), depth),
  200: (from, depth) => from.extension(from.uint(2), depth),
  201: (from, depth) => from.extension(from.uint(4), depth),
  202: (from) => from.view(4).getFloat32(0),
  203: (from) => from.view(8).getFloat64(0),
  204: (from) => from.uint(1),
  205: (from) => from.uint(2),
  206: (from) => from.uint(4),
  207: (from) => from.view(8).getBigUint64(0),
  208: (from) => from.view(1).getInt8(0),
  209: (from) => from.view(2).getInt16(0),
  210: (from) => from.view(4).getInt32(0),
  211: (from) => from.view(8).getBigInt64(0),
  212: (from, depth) => from.extension(1, depth),
  213: (from, depth) => from.extension(2, depth),
  214: (from, depth) => from.extension(4, depth),
  215: (from, depth) => from.extension(8, depth),
  216: (from, depth) => from.extension(16, depth),
  217: (from) => from.text(from.uint(1)),
  218: (from) => from.text(from.uint(2)),
  219: (from) => from.text(from.uint(4)),
  220: (from, depth) => from.list(from.uint(2), depth),
  221: (from, depth) => from.list(from.uint(4), depth),
  222: (from, depth) => from.map(from.uint(2), depth),
  223: (from, depth) => from.map(from.uint(4), depth),
};
