import protobuf from 'protobufjs/minimal.js';
import { DATA_TYPES, type DataType } from './types.js';

/** Writes one field of a protocol buffer message. */
export type FieldWriter = (writer: protobuf.Writer) => void;

/** An encoded message. */
export type Message = Uint8Array;

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** A message of the given fields, encoded. */
export function message(...fields: FieldWriter[]): Message {
  const writer = protobuf.Writer.create();
  for (const write of fields) write(writer);
  return writer.finish();
}

/** Field `id` as bytes or as a nested message. */
export const bytes =
  (id: number, value: Uint8Array): FieldWriter =>
  (writer) =>
    void writer.uint32((id << 3) | BYTES).bytes(value);

/** What stands before a field of so many bytes that is written by itself. */
export const header = (id: number, length: number): Message =>
  protobuf.Writer.create()
    .uint32((id << 3) | BYTES)
    .uint32(length)
    .finish();

/** Field `id` as a string. */
export const text =
  (id: number, value: string): FieldWriter =>
  (writer) =>
    void writer.uint32((id << 3) | BYTES).string(value);

/** Field `id` as an integer, an enum value, or a boolean. */
export const varint =
  (id: number, value: number | boolean): FieldWriter =>
  (writer) =>
    void writer.uint32((id << 3) | VARINT).int64(Number(value));

/** Field `id` as a 32-bit float. */
export const float =
  (id: number, value: number): FieldWriter =>
  (writer) =>
    void writer.uint32((id << 3) | FIXED32).float(value);

/** The values of a field of a message that are bytes. */
export function fields(encoded: Message, wanted: number): Uint8Array[] {
  const reader = protobuf.Reader.create(encoded);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === wanted && (tag & 7) === BYTES) found.push(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return found;
}

const shapeProto = (shape: readonly number[]): Message =>
  message(...shape.map((size) => bytes(2, message(varint(1, size)))));

/** Values of `AttrValue`, the attributes of a graph's nodes (tensorflow/core/framework/attr_value.proto). */
export const attr = {
  type: (dtype: DataType): Message => message(varint(6, DATA_TYPES[dtype])),
  string: (value: string): Message => message(text(2, value)),
  float: (value: number): Message => message(float(4, value)),
  int: (value: number): Message => message(varint(3, value)),
  bool: (value: boolean): Message => message(varint(5, value)),
  ints: (values: readonly number[]): Message => {
    const packed = values.reduce((writer, value) => writer.int64(value), protobuf.Writer.create());
    return message(bytes(1, message(bytes(3, packed.finish()))));
  },
  /** -1 for a size that is not known. */
  shape: (shape: readonly number[]): Message => message(bytes(7, shapeProto(shape))),
  tensor: (dtype: DataType, values: ArrayBufferView, shape: readonly number[]): Message =>
    message(
      bytes(
        8,
        message(
          varint(1, DATA_TYPES[dtype]),
          bytes(2, shapeProto(shape)),
          bytes(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
        ),
      ),
    ),
};

/** Attributes of a node by name. */
export type Attributes = Record<string, Message>;
