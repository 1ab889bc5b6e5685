import type { GraphAttribute, GraphNode, Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { attr, type DataType } from '../../tensorflow/index.js';

/** How an attribute is written, by what its operation's definition in TensorFlow says it is. */
export type AttributeKind = 'type' | 'int' | 'ints' | 'float' | 'bool' | 'string';

/**
 * Element types of a GraphDef, by name and number, as tfjs computes with them: it has one type of whole numbers and one
 * of real ones, and its converter stores weights so, whatever the operations around them say.
 */
const TYPES: Readonly<Record<string, DataType>> = {
  DT_FLOAT: 'float32',
  DT_DOUBLE: 'float32',
  DT_HALF: 'float32',
  DT_BFLOAT16: 'float32',
  DT_INT8: 'int32',
  DT_INT16: 'int32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_UINT8: 'int32',
  DT_UINT16: 'int32',
  DT_UINT32: 'int32',
  DT_BOOL: 'bool',
  1: 'float32',
  2: 'float32',
  3: 'int32',
  4: 'int32',
  9: 'int32',
  10: 'bool',
  14: 'float32',
  19: 'float32',
};

/** Names of types in a GraphDef. */
export const TYPE_NAMES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

/** The attribute's value for a kind of it, or undefined where the node does not have it. */
function field(node: GraphNode, name: string, kind: string): Json | undefined {
  return node.attr?.[name]?.[kind];
}

/** The element type that an attribute names; float32 where it is left out. */
export function typeAttribute(node: GraphNode, name: string): DataType {
  const given = field(node, name, 'type');
  if (given === undefined) return 'float32';
  const type = TYPES[String(given)];
  if (type) return type;
  throw new InputError(`Node '${node.name}' (${node.op}) has ${name} ${given}: only numbers are supported.`);
}

/** A whole number; JSON has them as strings. */
export function intAttribute(node: GraphNode, name: string, fallback = 0): number {
  return wholeNumber(node, name, field(node, name, 'i') ?? fallback);
}

/** Whole numbers; none where they are left out. */
export function intsAttribute(node: GraphNode, name: string): number[] {
  const list = field(node, name, 'list') as { i?: Json } | undefined;
  const values = list?.i ?? [];
  if (!Array.isArray(values)) throw malformed(node, name, values);
  return values.map((value) => wholeNumber(node, name, value));
}

/** A real number. */
export function floatAttribute(node: GraphNode, name: string, fallback = 0): number {
  const value = Number(field(node, name, 'f') ?? fallback);
  if (Number.isNaN(value)) throw malformed(node, name, field(node, name, 'f'));
  return value;
}

export function boolAttribute(node: GraphNode, name: string): boolean {
  return field(node, name, 'b') === true;
}

/** Text; JSON has it in base64. Empty where it is left out. */
export function stringAttribute(node: GraphNode, name: string): string {
  return decoded(field(node, name, 's'));
}

/** A list of texts, such as the names of fused operations. */
export function stringsAttribute(node: GraphNode, name: string): string[] {
  const list = field(node, name, 'list') as { s?: Json } | undefined;
  return Array.isArray(list?.s) ? list.s.map(decoded) : [];
}

/** Sizes of a shape, -1 for an open one; undefined for an unknown number of dimensions. */
export function shapeAttribute(node: GraphNode, name: string): number[] | undefined {
  return sizesOf(node, name, field(node, name, 'shape'));
}

/** The sizes of a TensorShapeProto. */
export function sizesOf(node: GraphNode, name: string, shape: Json | undefined): number[] | undefined {
  if (shape === null || typeof shape !== 'object' || Array.isArray(shape)) return undefined;
  if (shape.unknownRank === true) return undefined;
  const { dim } = shape;
  if (dim === undefined) return [];
  if (!Array.isArray(dim)) throw malformed(node, name, dim);
  return dim.map((size) => {
    const value = (size as { size?: Json } | null)?.size ?? 0;
    return Math.max(-1, wholeNumber(node, name, value));
  });
}

/** Encodes a node's attribute for a GraphDef; undefined where the node leaves it to its default. */
export function encodeAttribute(
  node: GraphNode,
  name: string,
  kind: AttributeKind,
): ReturnType<typeof attr.type> | undefined {
  if (kind === 'type') return attr.type(typeAttribute(node, name));
  if (node.attr?.[name] === undefined) return undefined;
  switch (kind) {
    case 'int':
      return attr.int(intAttribute(node, name));
    case 'ints':
      return attr.ints(intsAttribute(node, name));
    case 'float':
      return attr.float(floatAttribute(node, name));
    case 'bool':
      return attr.bool(boolAttribute(node, name));
    case 'string':
      return attr.string(stringAttribute(node, name));
  }
}

/** Attributes in the JSON of a GraphDef, to make nodes with. */
export const json = {
  type: (name: keyof typeof TYPE_NAMES): GraphAttribute => ({ type: TYPE_NAMES[name] }),
  ints: (values: readonly number[]): GraphAttribute => ({ list: { i: values.map(String) } }),
  float: (value: number): GraphAttribute => ({ f: value }),
  bool: (value: boolean): GraphAttribute => ({ b: value }),
  string: (value: string): GraphAttribute => ({ s: Buffer.from(value).toString('base64') }),
  shape: (sizes: readonly number[]): { [key: string]: Json } => ({
    dim: sizes.map((size) => ({ size: String(size) })),
  }),
};

function wholeNumber(node: GraphNode, name: string, value: Json): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw malformed(node, name, value);
  return number;
}

function decoded(value: Json | undefined): string {
  if (Array.isArray(value)) return Buffer.from(value.map(Number)).toString();
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : '';
}

function malformed(node: GraphNode, name: string, value: Json | undefined): InputError {
  return new InputError(
    `Node '${node.name}' (${node.op}) has ${JSON.stringify(value)} for ${name}. The model seems damaged: fetch it again.`,
  );
}
