import { liveNodes } from '../../model/graph/index.js';
import type { InferenceGraph } from './inference-graph.js';

/** A graph without the nodes that its output does not need, nor their values. */
export function pruned(graph: InferenceGraph): InferenceGraph {
  const nodes = liveNodes(graph.nodes, graph.output);
  const names = new Set(nodes.map(({ name }) => name));
  return {
    ...graph,
    nodes,
    values: new Map([...graph.values].filter(([name]) => names.has(name))),
    weights: new Set([...graph.weights].filter((name) => names.has(name))),
  };
}
