import type { GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { tensorOf } from './layout.js';
import type { OnnxGraph, OnnxTensor } from './onnx-graph.js';
import type { Attributes, ElementType } from './proto.js';
import { type FloatType, heldValue, type Layout, OPEN, type Value } from './value.js';

/** One node of the TensorFlow graph, to be said in operations of ONNX. */
export interface Call {
  graph: OnnxGraph;
  node: GraphNode;
  inputs: readonly Value[];
  /** What it computes in. */
  type: FloatType;
  /** Whether nothing else takes the value: it may be computed together with what follows. */
  usedOnce(value: Value): boolean;
}

/** Adds what a node computes to the ONNX graph; several values where the node has several outputs. */
export type Converter = (call: Call) => Value | Value[];

/** The name of the tensor that holds a value in a layout, in the type that is computed in. */
export const tensor = (call: Call, value: Value, layout: Layout): OnnxTensor =>
  tensorOf(call.graph, value, layout, call.type);

/** Adds an ONNX node with the TensorFlow node's name, and `part` behind it where it is one of several. */
export function emit(
  { graph, node }: Call,
  op: string,
  inputs: readonly string[],
  { part, attributes = {} }: { part?: string; attributes?: Attributes } = {},
): string {
  const name = part === undefined ? node.name : `${node.name}/${part}`;
  return graph.node(op, inputs, { name, attributes })[0]!;
}

/** A value in the layout in which a tensor was computed. */
export function result(
  { node, type }: Call,
  name: string,
  layout: Layout,
  /** Sizes of the value, in TensorFlow's order. */
  shape: readonly number[],
  { tensorShape, as = type }: { tensorShape: readonly number[]; as?: ElementType },
): Value {
  return heldValue(node.name, layout, { name, type: as, shape: tensorShape }, shape);
}

/** What is refused: names the node and the way out. */
export function unsupported({ node }: Pick<Call, 'node'>, what: string): InputError {
  return new InputError(
    `Node '${node.name}' (${node.op}) ${what}, which the export to ONNX does not support. ` +
      "Export the model as 'saved-model'.",
  );
}

/** Whole numbers that an input is known to have. */
export function wholeNumbers(call: Call, index: number, what: string): readonly number[] {
  const numbers = call.inputs[index]?.whole;
  if (numbers) return numbers;
  throw unsupported(call, `takes its ${what} from a computation`);
}

/** An axis counted from the front. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Sizes of what broadcasting gives. */
export function broadcast(call: Call, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    const known = sizes.filter((size) => size !== OPEN);
    if (known.some((size) => size !== known[0]))
      throw unsupported(call, `combines shapes [${shapes.join('], [')}]`);
    return known[0] ?? sizes[0] ?? 1;
  });
}
