import type { GraphTopology } from '../../../models/topology.js';
import { appendUnary } from './append.js';
import { byName, sourceOf } from './nodes.js';

/** Whether a graph gives probabilities. */
export function endsInGraphSoftmax({ config: { nodes, output } }: GraphTopology): boolean {
  return byName(nodes).get(sourceOf(output).node)?.op === 'Softmax';
}

/** The graph with a softmax behind its logits. */
export function graphWithSoftmax(topology: GraphTopology): GraphTopology {
  return endsInGraphSoftmax(topology) ? topology : appendUnary(topology, 'Softmax', 'probabilities');
}
