import protobuf from 'protobufjs/minimal.js';
import type { Fragment } from '../../tensorflow/index.js';
import { bytes, type Message, message, varint } from '../../tensorflow/proto.js';
import { STRING } from './element-types.js';

/** A constant of texts; of shape `[]` a single one. */
export function strings(
  fragment: Fragment,
  values: readonly string[],
  shape: readonly number[],
  name?: string,
): string {
  const dimensions = shape.map((size) => bytes(2, message(varint(1, size))));
  const tensor = message(
    varint(1, STRING),
    bytes(2, message(...dimensions)),
    ...values.map((value) => bytes(8, new TextEncoder().encode(value))),
  );
  const attributes = { dtype: message(varint(6, STRING)), value: message(bytes(8, tensor)) };
  return fragment.op('Const', [], attributes, name);
}

/** A list of element types, by TensorFlow's numbers, as the value of an attribute. */
export function typeList(types: readonly number[]): Message {
  const packed = types.reduce((writer, type) => writer.int32(type), protobuf.Writer.create());
  return message(bytes(1, message(bytes(6, packed.finish()))));
}
