import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { json } from './attributes.js';
import { intsNode } from './constants.js';
import { freshName } from './nodes.js';

const T = { T: json.type('float32') };

/** The same graph with further nodes, the last of which gives its output. */
export function append(topology: GraphTopology, ...added: GraphNode[]): GraphTopology {
  const { config } = topology;
  return {
    ...topology,
    config: { ...config, nodes: [...config.nodes, ...added], output: added.at(-1)!.name },
  };
}

/** The output as `[batch, size]`. */
export function appendReshape(topology: GraphTopology, size: number): GraphTopology {
  const { nodes, output } = topology.config;
  const name = freshName(nodes, 'flat');
  const sizes = intsNode(freshName(nodes, 'flat/shape'), [-1, size]);
  const attr = { ...T, Tshape: json.type('int32') };
  return append(topology, sizes, { name, op: 'Reshape', input: [output, sizes.name], attr });
}

/** The output, an image, averaged over height and width: `[batch, channels]`. */
export function appendPooling(topology: GraphTopology): GraphTopology {
  const { nodes, output } = topology.config;
  const name = freshName(nodes, 'avg_pool');
  const axes = intsNode(freshName(nodes, 'avg_pool/axes'), [1, 2]);
  const attr = { ...T, Tidx: json.type('int32'), keep_dims: json.bool(false) };
  return append(topology, axes, { name, op: 'Mean', input: [output, axes.name], attr });
}

/** The output times a kernel, plus a bias; both are names of weights' nodes that come with it. */
export function appendDense(
  topology: GraphTopology,
  layer: string,
  [kernel, bias]: readonly [GraphNode, GraphNode],
): GraphTopology {
  const { nodes, output } = topology.config;
  const product = freshName(nodes, `${layer}/MatMul`);
  const sum = freshName(nodes, `${layer}/BiasAdd`);
  const attr = { ...T, transpose_a: json.bool(false), transpose_b: json.bool(false) };
  return append(
    topology,
    kernel,
    bias,
    { name: product, op: 'MatMul', input: [output, kernel.name], attr },
    { name: sum, op: 'BiasAdd', input: [product, bias.name], attr: T },
  );
}

/** An operation of one input on the output. */
export function appendUnary(topology: GraphTopology, op: string, name: string): GraphTopology {
  const { nodes, output } = topology.config;
  return append(topology, { name: freshName(nodes, name), op, input: [output], attr: T });
}
