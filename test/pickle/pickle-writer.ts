/** Pickles by hand, opcode by opcode, for what torch would never write. */
const ascii = (text: string) => Buffer.from(text, 'latin1');

/** BINUNICODE */
export function unicode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([ascii('X'), length, bytes]);
}

/** BININT */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write('J');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** LONG1 */
export function long(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(2 + length);
  bytes.writeUInt8(0x8a);
  bytes.writeUInt8(length, 1);
  for (let i = 0; i < length; i += 1) bytes[2 + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

export const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`);
export const tuple = (...items: Buffer[]) => Buffer.concat([ascii('('), ...items, ascii('t')]);
export const dict = (...items: Buffer[]) => Buffer.concat([ascii('}('), ...items, ascii('u')]);
export const list = (...items: Buffer[]) => Buffer.concat([ascii(']('), ...items, ascii('e')]);
export const call = (callee: Buffer, args: Buffer) => Buffer.concat([callee, args, ascii('R')]);
export const raw = ascii;
export const NONE = ascii('N');
export const FALSE = Buffer.from([0x89]);
export const TRUE = Buffer.from([0x88]);

/** A whole pickle of protocol 2. */
export const pickle = (...body: Buffer[]) => Buffer.concat([Buffer.from([0x80, 2]), ...body, ascii('.')]);

/** A storage as torch names it, by a persistent id. */
export function storage(key: string, count: number, { type = 'FloatStorage', view = NONE } = {}): Buffer {
  const id = tuple(unicode('storage'), global('torch', type), unicode(key), unicode('cpu'), int(count), view);
  return Buffer.concat([id, ascii('Q')]);
}

/** A tensor as torch rebuilds it. */
export function tensor(
  from: Buffer,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Buffer {
  const args = [from, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)), FALSE, NONE];
  return call(global('torch._utils', '_rebuild_tensor_v2'), tuple(...args));
}

/** A legacy stream around an object, with the storages' floats. */
export function legacy(
  object: Buffer,
  storages: Readonly<Record<string, readonly number[]>>,
  { littleEndian = true } = {},
): Uint8Array {
  const data = Object.values(storages).map((values) => {
    const bytes = Buffer.alloc(8 + 4 * values.length);
    bytes.writeBigInt64LE(BigInt(values.length));
    values.forEach((value, i) => {
      bytes.writeFloatLE(value, 8 + 4 * i);
    });
    return bytes;
  });
  return new Uint8Array(
    Buffer.concat([
      pickle(long(0x1950a86a20f9469cfc6cn, 10)),
      pickle(int(1001)),
      pickle(dict(unicode('little_endian'), littleEndian ? TRUE : FALSE)),
      pickle(object),
      pickle(list(...Object.keys(storages).map(unicode))),
      ...data,
    ]),
  );
}
