import protobuf from 'protobufjs/minimal.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';

/** Takes one field of a message off the reader; false where it is not of the wire type that the field has. */
type FieldReader = (reader: protobuf.Reader, wire: number) => boolean;

/** What to do with each field of a message, by the field's number. The others are skipped. */
export type Fields = Readonly<Record<number, FieldReader>>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const SKIPPED = new Set([VARINT, FIXED64, BYTES, FIXED32]);

/**
 * Reads a protocol buffer message. Nested messages come as views of `bytes`, to be read by a call of their own: the
 * depth of what is read is the depth of the calls, whatever the file claims.
 *
 * @param path the file, for messages
 * @throws InputError where the message breaks off or is none
 */
export function readFields(path: string, bytes: Uint8Array, fields: Fields): void {
  const reader = protobuf.Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const wire = tag & 7;
      if (fields[tag >>> 3]?.(reader, wire)) continue;
      // Groups have been out of use for longer than these formats exist, and nest without a bound.
      if (!SKIPPED.has(wire)) throw damaged(path, 'a field of a message', `wire type ${wire}`);
      reader.skipType(wire);
    }
  } catch (error) {
    if (error instanceof InputError || error instanceof TypeError) throw error;
    throw damaged(path, 'a whole message', `one that cannot be read (${(error as Error).message})`);
  }
}

/** A nested message, or bytes. */
export const bytesField = (take: (value: Uint8Array) => void): FieldReader => {
  return (reader, wire) => {
    if (wire !== BYTES) return false;
    take(reader.bytes());
    return true;
  };
};

/** A string. */
export const textField = (take: (value: string) => void): FieldReader => {
  return bytesField((value) => take(decoder.decode(value)));
};

/** An integer, an enum or a boolean, single or a packed list of them. Values beyond 2^53 are rounded. */
export const integerField = (take: (value: number) => void): FieldReader => {
  return listOf(VARINT, (reader) => Number(String(reader.int64())), take);
};

/** A 64-bit integer, exact. */
export const bigintField = (take: (value: bigint) => void): FieldReader => {
  return listOf(VARINT, (reader) => BigInt(String(reader.int64())), take);
};

/** A 32-bit float, single or packed. */
export const floatField = (take: (value: number) => void): FieldReader => {
  return listOf(FIXED32, (reader) => reader.float(), take);
};

/** A 64-bit float, single or packed. */
export const doubleField = (take: (value: number) => void): FieldReader => {
  return listOf(FIXED64, (reader) => reader.double(), take);
};

/** An unsigned integer of fixed width. */
export const fixed32Field = (take: (value: number) => void): FieldReader => {
  return listOf(FIXED32, (reader) => reader.fixed32(), take);
};

/** An entry of a map with text for keys; the value is a message, or bytes. */
export const entryField = (path: string, take: (key: string, value: Uint8Array) => void): FieldReader => {
  return bytesField((entry) => {
    let key = '';
    let value: Uint8Array = new Uint8Array(0);
    readFields(path, entry, {
      1: textField((text) => {
        key = text;
      }),
      2: bytesField((bytes) => {
        value = bytes;
      }),
    });
    take(key, value);
  });
};

const decoder = new TextDecoder();

function listOf<T>(
  wireOfOne: number,
  read: (reader: protobuf.Reader) => T,
  take: (value: T) => void,
): FieldReader {
  return (reader, wire) => {
    if (wire === wireOfOne) {
      take(read(reader));
      return true;
    }
    if (wire !== BYTES) return false;
    const packed = protobuf.Reader.create(reader.bytes());
    while (packed.pos < packed.len) take(read(packed));
    return true;
  };
}
