import type { GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { shapeAttribute } from '../../model/graph/attributes.js';
import { dataInputs, sourceOf } from '../../model/graph/nodes.js';
import type { InferenceGraph } from '../graph/inference-graph.js';
import type { Call } from './call.js';
import { tensorOf } from './layout.js';
import type { OnnxModel } from './model-file.js';
import { OnnxGraph } from './onnx-graph.js';
import { CONVERTERS } from './operations/index.js';
import { constantValue, type FloatType, heldValue, OPEN, type Value } from './value.js';
import { computeWhole } from './whole-numbers.js';

/** The graph of an {@link OnnxModel}, without what is said about it. */
export type ConvertedGraph = Pick<OnnxModel, 'nodes' | 'initializers' | 'input' | 'output'>;

/** Always in float32: exponentials of large numbers, and their sums. */
const PRECISE = new Set(['Softmax', 'LogSoftmax']);

/** What prepares pixels, or computes something of weights: in float32, as long as nothing else came before. */
const PREPARING = new Set(
  'Mul Add AddV2 Sub Div RealDiv Maximum Minimum Sqrt Rsqrt Square Neg Pad PadV2 Transpose Reshape ResizeBilinear'.split(
    ' ',
  ),
);

/**
 * A model's graph in operations of ONNX. Images come in with the channels last, as TensorFlow has them, and are computed on
 * with the channels first, as ONNX has them.
 *
 * @param names of input and output
 * @param type what is computed in; input and output are float32
 * @throws InputError for an operation that is not there, by name
 */
export function convertGraph(
  graph: InferenceGraph,
  { input, output, type }: { input: string; output: string; type: FloatType },
): ConvertedGraph {
  const onnx = new OnnxGraph([input, output]);
  const values = new Map<string, Value>();
  const takers = countTakers(graph);
  /** Pixels and weights, and what was made of them with no more than {@link PREPARING}. */
  const prepared = new Set<string>();
  const valueAt = (source: string): Value => {
    const { node, index } = sourceOf(source);
    const found = values.get(index === 0 ? node : `${node}:${index}`);
    if (!found) throw new Error(`'${source}' is not there before it is taken.`);
    return found;
  };
  let inputShape: readonly number[] = [];
  for (const node of graph.nodes) {
    const { name, op } = node;
    const constant = graph.values.get(name);
    if (name === graph.input) {
      inputShape = imageShape(node, graph);
      values.set(name, heldValue(name, 'plain', { name: input, type: 'float32', shape: inputShape }));
      prepared.add(name);
    } else if (constant) {
      values.set(name, constantValue(name, constant));
      prepared.add(name);
    } else {
      const sources = dataInputs(node);
      const inputs = sources.map(valueAt);
      const isPrepared = PREPARING.has(op) && sources.every((source) => prepared.has(sourceOf(source).node));
      if (isPrepared) prepared.add(name);
      const call: Call = {
        graph: onnx,
        node,
        inputs,
        type: isPrepared || PRECISE.has(op) ? 'float32' : type,
        usedOnce: (value) => takers.get(value.name) === 1,
      };
      const made = [computeWhole(node, inputs) ?? convert(call)].flat();
      for (const [i, value] of made.entries()) values.set(i === 0 ? name : `${name}:${i}`, value);
    }
  }
  const result = valueAt(graph.output);
  endWith(onnx, tensorOf(onnx, result, 'plain', 'float32').name, { input, output });
  return {
    nodes: onnx.nodes,
    initializers: onnx.initializers,
    input: { name: input, type: 'float32', shape: named(inputShape) },
    output: { name: output, type: 'float32', shape: named(result.shape) },
  };
}

function convert(call: Call): Value | Value[] {
  const { op, name } = call.node;
  const converter = Object.hasOwn(CONVERTERS, op) ? CONVERTERS[op] : undefined;
  if (converter) return converter(call);
  throw new InputError(
    `Node '${name}' is a ${op}, which the export to ONNX does not know. ` +
      "Export the model as 'saved-model'.",
  );
}

/** How many inputs take a node's output. */
function countTakers({ nodes, output }: InferenceGraph): Map<string, number> {
  const counts = new Map([[output, 1]]);
  for (const node of nodes) {
    for (const source of dataInputs(node)) {
      const { node: from } = sourceOf(source);
      counts.set(from, (counts.get(from) ?? 0) + 1);
    }
  }
  return counts;
}

function imageShape(node: GraphNode, { imageSize }: InferenceGraph): number[] {
  const [, height = OPEN, width = OPEN, channels = OPEN] = shapeAttribute(node, 'shape') ?? [];
  const side = (size: number) => (size > 0 ? size : imageSize);
  return [OPEN, side(height), side(width), channels > 0 ? channels : 3];
}

/** Gives the last tensor the name of the output. */
function endWith(onnx: OnnxGraph, last: string, { input, output }: { input: string; output: string }): void {
  if (last === input || !onnx.producer(last)) {
    onnx.nodes.push({ name: output, op: 'Identity', inputs: [last], outputs: [output], attributes: {} });
    return;
  }
  const rename = (name: string) => (name === last ? output : name);
  for (const node of onnx.nodes) {
    node.inputs = node.inputs.map(rename);
    node.outputs = node.outputs.map(rename);
  }
}

const named = (shape: readonly number[]): (number | string)[] =>
  shape.map((size) => (size === OPEN ? 'batch' : size));
