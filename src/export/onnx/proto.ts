import {
  bytes,
  type FieldWriter,
  float,
  type Message,
  message,
  text,
  varint,
} from '../../tensorflow/proto.js';

/** Element types of ONNX tensors, by their number in `TensorProto.DataType` (onnx/onnx.proto). */
export const ELEMENT_TYPES = { float32: 1, int64: 7, bool: 9, float16: 10 } as const;

/** An element type by name. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A node's attribute: its value and its type. */
export type AttributeValue = readonly FieldWriter[];

const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;
const typed = (type: keyof typeof ATTRIBUTE_TYPES): FieldWriter => varint(20, ATTRIBUTE_TYPES[type]);

/** Attributes of nodes (`AttributeProto`). */
export const attribute = {
  float: (value: number): AttributeValue => [float(2, value), typed('float')],
  int: (value: number): AttributeValue => [varint(3, value), typed('int')],
  string: (value: string): AttributeValue => [text(4, value), typed('string')],
  ints: (values: readonly number[]): AttributeValue => [
    ...values.map((value) => varint(8, value)),
    typed('ints'),
  ],
};

/** Attributes of a node by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A `NodeProto`. */
export interface OnnxNode {
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
  attributes: Attributes;
}

/** Name, element type and sizes of an input or output; an open size has a name. */
export interface TypedName {
  name: string;
  type: ElementType;
  shape: readonly (number | string)[];
}

/** A node, encoded. */
export const encodeNode = ({ name, op, inputs, outputs, attributes }: OnnxNode): Message =>
  message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, op),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, message(text(1, key), ...value))),
  );

/** A `ValueInfoProto`. */
export function encodeTypedName({ name, type, shape }: TypedName): Message {
  const sizes = shape.map((size) =>
    bytes(1, message(typeof size === 'number' ? varint(1, size) : text(2, size))),
  );
  const tensor = message(varint(1, ELEMENT_TYPES[type]), bytes(2, message(...sizes)));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

/** A `TensorProto` up to its values. */
export const encodeTensorHead = (name: string, type: ElementType, shape: readonly number[]): Message =>
  message(...shape.map((size) => varint(1, size)), varint(2, ELEMENT_TYPES[type]), text(8, name));

/** What comes before a field of `length` bytes that are written apart. */
export const fieldHead = (id: number, length: number): Message =>
  message((writer) => void writer.uint32((id << 3) | 2).uint32(length));
