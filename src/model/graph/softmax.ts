import type { GraphTopology } from '../../../models/topology.js';
import { appendUnary } from './append.js';
import { byName, dataInputs, inOrder, sourceOf } from './nodes.js';

/** Whether a graph gives probabilities. */
export function endsInGraphSoftmax({ config: { nodes, output } }: GraphTopology): boolean {
  return byName(nodes).get(sourceOf(output).node)?.op === 'Softmax';
}

/** The graph with a softmax behind its logits. */
export function graphWithSoftmax(topology: GraphTopology): GraphTopology {
  return endsInGraphSoftmax(topology) ? topology : appendUnary(topology, 'Softmax', 'probabilities');
}

/** The graph up to its logits. */
export function graphWithoutSoftmax(topology: GraphTopology): GraphTopology {
  if (!endsInGraphSoftmax(topology)) return topology;
  const { nodes, output } = topology.config;
  const softmax = byName(nodes).get(sourceOf(output).node)!;
  return inOrder({ ...topology, config: { ...topology.config, output: dataInputs(softmax)[0]! } });
}
