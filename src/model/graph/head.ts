import type { GraphNode, GraphTopology, Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { WeightMap } from '../weights.js';
import { append, appendDense, appendPooling, appendReshape, appendUnary } from './append.js';
import { weightNode } from './constants.js';
import { findGraphHead } from './find-head.js';
import { byName, dataInputs, freshName, inOrder, liveNodes, sourceOf } from './nodes.js';
import { dropoutNode, dropoutRate } from './own-nodes.js';
import { traceShapes } from './shapes.js';

export interface GraphHeadOptions {
  /** Number of classes. */
  classes: number;
  /** How the kernel starts, as Keras writes it. */
  initializer: Json;
  /** Rate of the dropout in front of the classifier. @default that of the graph */
  dropout?: number;
  /** A hidden layer in front of it, with relu. @default none */
  hidden?: { units: number; dropout?: number; initializer: Json };
}

/** A graph with a new classifier. */
export interface NewHead {
  topology: GraphTopology;
  /** Weights of what is left of the old one; shared, not copied. */
  weights: WeightMap;
  /** The classifier's weights are `layer/kernel` and `layer/bias`. */
  layer: string;
}

/**
 * Replaces the classifier: the last product of matrices or 1 x 1 convolution with its bias, and what follows it. A graph
 * that ends in features gets one; an image is averaged over height and width first. The new one is a product of matrices.
 *
 * @throws InputError where it cannot be told how many features there are
 */
export function replaceGraphHead(
  topology: GraphTopology,
  weights: WeightMap,
  { classes, initializer, dropout, hidden }: GraphHeadOptions,
): NewHead {
  const head = findGraphHead(topology);
  const { dropped, ...features } = featuresOf(topology, head && { features: head.features, size: head.size });
  let built: GraphTopology = features.topology;
  let { size } = features;
  const layer = head
    ? head.kernel.name.replace(/\/kernel$/, '')
    : freshName(built.config.nodes, 'predictions');
  const drop = (rate: number, name: string) => {
    const { nodes, output } = built.config;
    if (rate > 0) built = append(built, dropoutNode(freshName(nodes, name), output, rate));
  };
  if (hidden) {
    const own = freshLayer(built.config.nodes, 'hidden');
    drop(hidden.dropout ?? 0, 'hidden_dropout');
    built = appendDense(built, own, dense(own, [size, hidden.units], hidden.initializer));
    built = appendUnary(built, 'Relu', `${own}/Relu`);
    size = hidden.units;
  }
  drop(dropout ?? dropped, 'top_dropout');
  built = appendDense(built, layer, dense(layer, [size, classes], initializer));
  const left = new Set(features.topology.config.nodes.map(({ name }) => name));
  const kept = new Map([...weights].filter(([name]) => left.has(name)));
  return { topology: inOrder(built), weights: kept, layer };
}

/** The model up to its features, as a matrix, and the rate of the dropout that was at their end. */
function featuresOf(
  topology: GraphTopology,
  head: { features: string; size: number } | undefined,
): { topology: GraphTopology; size: number; dropped: number } {
  const all = byName(topology.config.nodes);
  let output = head?.features ?? topology.config.output;
  const last = all.get(sourceOf(output).node)!;
  const dropped = dropoutRate(last);
  if (dropped !== undefined) output = dataInputs(last)[0]!;
  const nodes = liveNodes(topology.config.nodes, sourceOf(output).node);
  let cut: GraphTopology = { ...topology, config: { ...topology.config, nodes, output } };
  const shape = traceShapes(cut).get(output);
  if (head && shape?.length !== 2) cut = appendReshape(cut, head.size);
  if (!head && shape?.length === 4) cut = appendPooling(cut);
  const size = head?.size ?? shape?.at(-1) ?? -1;
  if (size < 1) {
    throw new InputError(
      `It cannot be told how many features '${output}' has: its shape is [${shape ?? 'unknown'}]. Cut the network at ` +
        'another node (--from-layer NODE).',
    );
  }
  return { topology: cut, size, dropped: dropped ?? 0 };
}

function dense(layer: string, shape: readonly [number, number], initializer: Json): [GraphNode, GraphNode] {
  return [
    weightNode(`${layer}/kernel`, shape, { initializer }),
    weightNode(`${layer}/bias`, [shape[1]], { initializer: { class_name: 'Zeros', config: {} } }),
  ];
}

function freshLayer(nodes: readonly GraphNode[], name: string): string {
  return freshName(nodes, `${name}/kernel`) === `${name}/kernel` ? name : freshLayer(nodes, `${name}_1`);
}

/** The graph with another rate of dropout in front of its classifier; a node is added where there is none. */
export function setGraphDropout(topology: GraphTopology, rate: number): GraphTopology {
  const head = findGraphHead(topology);
  const { nodes } = topology.config;
  if (!head) {
    if (rate === 0) return topology;
    throw new InputError('The graph has no classifier that dropout could come before. Give it a head first.');
  }
  const before = byName(nodes).get(sourceOf(head.features).node)!;
  const isThere = dropoutRate(before) !== undefined;
  if (!isThere && rate === 0) return topology;
  const name = isThere ? before.name : freshName(nodes, 'top_dropout');
  const source = isThere ? dataInputs(before)[0]! : head.features;
  const changed = nodes
    .filter((node) => !isThere || node !== before)
    .map((node) => (node === head.node ? { ...node, input: [name, ...node.input!.slice(1)] } : node));
  const added = [...changed, dropoutNode(name, source, rate)];
  return inOrder({ ...topology, config: { ...topology.config, nodes: added } });
}
