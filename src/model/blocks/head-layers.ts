import type { FunctionalTopology, GraphTopology, LayerConfig, Topology } from '../../../models/topology.js';
import { findGraphHead, type GraphHead } from '../graph/find-head.js';
import { byName, dataInputs, sourceOf } from '../graph/nodes.js';
import { dropoutRate } from '../graph/own-nodes.js';
import { findClassifier } from '../head/classifier.js';
import { chainToGraph } from '../sequential.js';

/** Where a network ends and its head begins. */
export interface Head {
  /** Layers of the head, or nodes of a graph: the last is the output. */
  names: ReadonlySet<string>;
  /** The layer, or the node (`node:1`), whose values the head takes: the features. */
  features: string;
}

/** A layer that `swapHead` put in front of the classifier. */
const HIDDEN = /^hidden(_\d+)?$/;
const HIDDEN_NODE = /^hidden(_\d+)?\/(MatMul|BiasAdd|Relu)(_\d+)?$/;

/**
 * The head of a network: its classifier and what is behind it, the dropout in front of it, and hidden layers that
 * `swapHead` added. Layers of the base stay outside, be they behind its pooling: they know something already.
 *
 * @returns undefined for a network that ends in features
 */
export function headLayers({
  topology,
  imageSize,
}: {
  topology: Topology;
  imageSize?: number;
}): Head | undefined {
  if (topology.class_name !== 'Graph') return layersHead(chainToGraph(topology), imageSize);
  const found = findGraphHead(topology);
  return found && graphHead(topology, found);
}

function layersHead(graph: FunctionalTopology, imageSize: number | undefined): Head | undefined {
  const found = findClassifier(graph, imageSize === undefined ? {} : { imageSize });
  if (!found) return undefined;
  const layers = new Map(graph.config.layers.map((layer) => [layer.name, layer]));
  const before = ({ inbound_nodes }: LayerConfig): string => inbound_nodes![0]![0]![0];
  const names = [found.layer, ...found.tail].map(({ name }) => name);
  let features = before(found.layer);
  // A change of shape belongs to the head only where something of the head is in front of it.
  let reshaped: string[] = [];
  for (let layer = layers.get(features)!; ; layer = layers.get(before(layer))!) {
    if (isDropout(layer) || HIDDEN.test(layer.name)) {
      names.push(...reshaped, layer.name);
      reshaped = [];
      features = before(layer);
    } else if (layer.class_name === 'Flatten' || layer.class_name === 'Reshape') reshaped.push(layer.name);
    else return { names: new Set(names), features };
  }
}

const isDropout = ({ class_name, config }: LayerConfig): boolean =>
  class_name === 'Dropout' && config.noise_shape == null;

function graphHead({ config: { nodes, output } }: GraphTopology, head: GraphHead): Head {
  const all = byName(nodes);
  const names = new Set([head.node.name]);
  for (const node of nodes) {
    if (dataInputs(node).some((input) => names.has(sourceOf(input).node))) names.add(node.name);
  }
  names.add(sourceOf(output).node);
  let { features } = head;
  for (;;) {
    const node = all.get(sourceOf(features).node)!;
    if (dropoutRate(node) === undefined && !HIDDEN_NODE.test(node.name)) return { names, features };
    names.add(node.name);
    features = dataInputs(node)[0]!;
  }
}
