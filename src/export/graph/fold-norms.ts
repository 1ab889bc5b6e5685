import type { GraphNode } from '../../../models/topology.js';
import { floatAttribute } from '../../model/graph/attributes.js';
import { byName, consumers, dataInputs, redirected } from '../../model/graph/nodes.js';
import type { WeightMap } from '../../model/weights.js';
import { scaleChannels } from './channels.js';
import { constantMaker } from './constants.js';
import type { InferenceGraph } from './inference-graph.js';
import { pruned } from './pruned.js';

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);
const T = { type: 'DT_FLOAT' };
/** TensorFlow's own, where the attribute is left out. */
const EPSILON = 1e-4;

/** A batch normalization at inference as x scale + shift, a number a channel: gamma / sqrt(variance + epsilon), and the rest. */
interface Affine {
  scale: Float64Array;
  shift: Float64Array;
}

/**
 * Folds each batch normalization behind a convolution into its kernel and a bias. One that stands elsewhere (before the
 * convolution, as in pre-activation networks) or behind a convolution that others take as well stays.
 */
export function foldNorms(graph: InferenceGraph): InferenceGraph {
  const nodes = byName(graph.nodes);
  const takers = consumers(graph.nodes);
  const values: WeightMap = new Map(graph.values);
  const gone = new Map<string, string>();
  const replaced = new Map<string, GraphNode[]>();
  const constant = constantMaker(graph.nodes, values);
  const biases: string[] = [];
  const isOnly = (name: string) => takers.get(name)!.length === 1 && name !== graph.output;
  const floats = (name: string): Float32Array | undefined => {
    const value = graph.values.get(name);
    return value?.dtype === 'float32' ? (value.data as Float32Array) : undefined;
  };
  const convolutionOf = (name: string): GraphNode | undefined => {
    const node = nodes.get(name);
    if (!node || !CONVOLUTIONS.has(node.op) || !isOnly(name)) return undefined;
    const kernel = dataInputs(node)[1]!;
    return floats(kernel) && takers.get(kernel)!.length === 1 ? node : undefined;
  };

  for (const norm of graph.nodes) {
    if (norm.op !== 'FusedBatchNormV3') continue;
    const [x = '', ...statistics] = dataInputs(norm);
    const affine = affineOf(statistics.map(floats), floatAttribute(norm, 'epsilon', EPSILON));
    if (!affine) continue;
    const before = nodes.get(x);
    const [convolved = '', bias = ''] = before?.op === 'BiasAdd' ? dataInputs(before) : [x];
    const convolution = convolutionOf(convolved);
    const given = before?.op === 'BiasAdd' ? floats(bias) : undefined;
    if (!convolution || (before?.op === 'BiasAdd' && !(given && isOnly(x)))) continue;
    const kernel = dataInputs(convolution)[1]!;
    const weights = graph.values.get(kernel)!;
    values.set(kernel, { ...weights, data: scaleChannels(weights.data as Float32Array, affine.scale) });
    const shift = affine.shift.map((value, i) => value + (given?.[i] ?? 0) * affine.scale[i]!);
    const sum = constant(`${norm.name}/bias`, Float32Array.from(shift));
    biases.push(sum.name);
    const attr = { T, ...(norm.attr?.data_format && { data_format: norm.attr.data_format }) };
    replaced.set(norm.name, [sum, { name: norm.name, op: 'BiasAdd', input: [convolved, sum.name], attr }]);
    if (given) gone.set(x, convolved);
  }
  const found = graph.nodes
    .filter(({ name }) => !gone.has(name))
    .flatMap((node) => replaced.get(node.name) ?? [node]);
  const weights = new Set([...graph.weights, ...biases]);
  return pruned({ ...graph, nodes: redirected(found, gone), values, weights });
}

function affineOf(
  [gamma, beta, mean, variance]: readonly (Float32Array | undefined)[],
  epsilon: number,
): Affine | undefined {
  if (!gamma || !beta || !mean || !variance) return undefined;
  const scale = Float64Array.from(gamma, (value, i) => value / Math.sqrt(variance[i]! + epsilon));
  return { scale, shift: Float64Array.from(beta, (value, i) => value - mean[i]! * scale[i]!) };
}
