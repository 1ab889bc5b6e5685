import type { GraphAttribute, GraphNode } from '../../../models/topology.js';
import { byName, consumers, dataInputs, liveNodes } from '../../model/graph/nodes.js';
import type { InferenceGraph } from './inference-graph.js';

/** Names of the fused operations, as TensorFlow's own rewriter and tfjs have them. */
const FUSED: Readonly<Record<string, string>> = {
  Conv2D: '_FusedConv2D',
  DepthwiseConv2dNative: 'FusedDepthwiseConv2dNative',
  MatMul: '_FusedMatMul',
};
/** Activations that tfjs can do within another operation, in all of its backends. */
const ACTIVATIONS = new Set(['Relu', 'Relu6', 'Elu', 'Sigmoid']);

/**
 * Makes one operation of a convolution (or a product of matrices), its bias and its activation, as tensorflowjs_converter
 * does: each layer then is one pass over memory. Only for tfjs: TensorFlow fuses by itself.
 */
export function fuse(graph: InferenceGraph): InferenceGraph {
  const nodes = byName(graph.nodes);
  const takers = consumers(graph.nodes);
  const isOnly = (name: string) => takers.get(name)!.length === 1 && name !== graph.output;
  const fused = new Map<string, GraphNode>();
  for (const sum of graph.nodes) {
    if (sum.op !== 'BiasAdd') continue;
    const [x = '', bias = ''] = dataInputs(sum);
    const product = nodes.get(x);
    const op = product && FUSED[product.op];
    if (!op || !isOnly(x) || graph.values.get(bias)?.shape.length !== 1) continue;
    const [next] = isOnly(sum.name) ? takers.get(sum.name)! : [];
    const activation = next && ACTIVATIONS.has(next.op) ? next : undefined;
    const last = activation ?? sum;
    fused.set(last.name, {
      name: last.name,
      op,
      input: [...dataInputs(product), bias],
      attr: {
        ...product.attr,
        num_args: { i: '1' },
        fused_ops: texts(['BiasAdd', ...(activation ? [activation.op] : [])]),
        epsilon: { f: 0 },
      },
    });
  }
  const found = graph.nodes.map((node) => fused.get(node.name) ?? node);
  return { ...graph, nodes: liveNodes(found, graph.output) };
}

const texts = (values: readonly string[]): GraphAttribute => ({
  list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
});
