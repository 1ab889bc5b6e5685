import type { GraphNode, Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { sizeOf } from '../../tensorflow/index.js';
import type { WeightTensor } from '../weights.js';
import { json, sizesOf, TYPE_NAMES, typeAttribute } from './attributes.js';

/** Values of a constant that is part of a topology. */
export interface Constant {
  dtype: keyof typeof TYPE_NAMES;
  shape: readonly number[];
  data: Float32Array | Int32Array | Uint8Array;
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Keeps an attribute of our own from TensorFlow and tfjs: both pass over names that begin so. */
const TRAINABLE = '_trainable';
const INITIALIZER = '_initializer';

/** A node that stands for a weight: its value is in the set of weights, by the node's name. */
export function weightNode(
  name: string,
  shape: readonly number[],
  { trainable = true, initializer }: { trainable?: boolean; initializer?: Json } = {},
): GraphNode {
  return {
    name,
    op: 'Const',
    attr: {
      dtype: json.type('float32'),
      value: { tensor: { dtype: TYPE_NAMES.float32, tensorShape: json.shape(shape) } },
      [TRAINABLE]: json.bool(trainable),
      ...(initializer !== undefined && { [INITIALIZER]: json.string(JSON.stringify(initializer)) }),
    },
  };
}

/** What a weight's node says of it; undefined for any other node. */
export function weightOf(
  node: GraphNode,
): { shape: readonly number[]; trainable: boolean; initializer?: Json } | undefined {
  const trainable = node.attr?.[TRAINABLE]?.b;
  if (node.op !== 'Const' || typeof trainable !== 'boolean') return undefined;
  const text = node.attr?.[INITIALIZER]?.s;
  return {
    shape: constantShape(node),
    trainable,
    ...(typeof text === 'string' && { initializer: parse(node, text) }),
  };
}

/** A node with values of its own. */
export function constantNode(name: string, { dtype, shape, data }: Constant): GraphNode {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    op: 'Const',
    attr: {
      dtype: json.type(dtype),
      value: {
        tensor: {
          dtype: TYPE_NAMES[dtype],
          tensorShape: json.shape(shape),
          tensorContent: bytes.toString('base64'),
        },
      },
    },
  };
}

/** The values of a constant, or undefined for what is none: a weight, or another operation. */
export function constantOf(node: GraphNode | undefined): Constant | undefined {
  const content = tensorOf(node)?.tensorContent;
  if (node?.op !== 'Const' || typeof content !== 'string') return undefined;
  const shape = constantShape(node);
  const dtype = typeAttribute(node, 'dtype') as Constant['dtype'];
  // A copy, so that any typed array may be laid over it.
  const bytes = Uint8Array.from(Buffer.from(content, 'base64'));
  const size = ARRAYS[dtype].BYTES_PER_ELEMENT;
  if (bytes.length !== sizeOf(shape) * size) {
    throw new InputError(
      `Node '${node.name}' has ${bytes.length} bytes for a ${dtype} constant of [${shape}]. The model seems damaged.`,
    );
  }
  return { dtype, shape, data: new ARRAYS[dtype](bytes.buffer) };
}

/** A tensor that a file gave as a constant of a topology. */
export function asConstant(node: GraphNode, { dtype, shape, data }: WeightTensor): Constant {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') {
    return { dtype, shape, data: data as Constant['data'] };
  }
  throw new InputError(`Node '${node.name}' is a constant of ${dtype}; supported: float32, int32, bool.`);
}

/** Whole numbers as a constant. */
export const intsNode = (name: string, values: readonly number[]): GraphNode =>
  constantNode(name, { dtype: 'int32', shape: [values.length], data: Int32Array.from(values) });

/** Sizes of a `Const` node's value. */
export function constantShape(node: GraphNode): readonly number[] {
  const shape = sizesOf(node, 'value', tensorOf(node)?.tensorShape ?? {});
  if (shape?.every((size) => size >= 0)) return shape;
  throw new InputError(`Node '${node.name}' is a constant of shape [${shape}]. The model seems damaged.`);
}

function tensorOf(node: GraphNode | undefined): { [key: string]: Json } | undefined {
  const tensor = node?.attr?.value?.tensor;
  return tensor !== null && typeof tensor === 'object' && !Array.isArray(tensor) ? tensor : undefined;
}

function parse(node: GraphNode, text: string): Json {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    throw new InputError(`Node '${node.name}' has an initializer that is no JSON. The model seems damaged.`);
  }
}
