import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { boolAttribute } from './attributes.js';
import { weightOf } from './constants.js';
import { byName, dataInputs, sourceOf } from './nodes.js';
import { isFeatures } from './own-nodes.js';

/** The classifier of a graph: the last product of matrices or 1 x 1 convolution, with its bias. */
export interface GraphHead {
  /** The product or convolution. */
  node: GraphNode;
  /** What goes into it. */
  features: string;
  kernel: GraphNode;
  bias?: GraphNode;
  /** Values of an image that go into it. */
  size: number;
  /** Whether the kernel is `[classes, features]`. */
  transposed: boolean;
}

/** What may come behind a classifier: it changes the shape of scores, or makes probabilities of them. */
const BEHIND = new Set(['Identity', 'Reshape', 'Squeeze', 'Softmax', 'Sigmoid']);
const SUMS = new Set(['BiasAdd', 'Add', 'AddV2']);

/** Finds the classifier, or undefined where the graph ends in features. */
export function findGraphHead({ config: { nodes, output } }: GraphTopology): GraphHead | undefined {
  const all = byName(nodes);
  const from = (input: string | undefined) => all.get(sourceOf(input ?? '').node);
  const isWeight = (node: GraphNode | undefined): node is GraphNode =>
    node !== undefined && weightOf(node) !== undefined;
  let node = from(output);
  while (node && BEHIND.has(node.op) && !isFeatures(node)) node = from(dataInputs(node)[0]);
  let bias: GraphNode | undefined;
  if (node && SUMS.has(node.op)) {
    const [left, right] = dataInputs(node).map(from);
    bias = isWeight(right) ? right : isWeight(left) && node.op !== 'BiasAdd' ? left : undefined;
    node = bias === right ? left : right;
    if (!bias) return undefined;
  }
  const [features, kernelName] = node ? dataInputs(node) : [];
  const kernel = from(kernelName);
  const shape = kernel && weightOf(kernel)?.shape;
  if (!node || !kernel || !shape || features === undefined) return undefined;
  const found = { node, features, kernel, ...(bias && { bias }) };
  if (node.op === 'MatMul' && !boolAttribute(node, 'transpose_a')) {
    const transposed = boolAttribute(node, 'transpose_b');
    return { ...found, size: shape[transposed ? 1 : 0]!, transposed };
  }
  const isPointwise = node.op === 'Conv2D' && shape[0] === 1 && shape[1] === 1;
  return isPointwise ? { ...found, size: shape[2]!, transposed: false } : undefined;
}
