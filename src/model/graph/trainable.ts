import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { weightOf } from './constants.js';
import { dataInputs, sourceOf } from './nodes.js';
import { operationOf } from './operations.js';

/**
 * Checks that gradients can reach every weight that is trained.
 *
 * @throws InputError that names the node and operation that TensorFlow has no gradient for, and what works
 */
export function assertTrainable({ config: { name, nodes } }: GraphTopology): void {
  const trained = new Set<string>();
  for (const node of nodes) {
    if (weightOf(node)?.trainable) trained.add(node.name);
    const weight = firstTrained(node, trained);
    if (weight === undefined || node.op === 'Placeholder') continue;
    const { gradient } = operationOf(node);
    if (gradient === 'missing') {
      throw new InputError(
        `The graph model '${name}' cannot be trained: node '${node.name}' is a ${node.op}, which has no gradient in ` +
          `TensorFlow's C++ library, and lies between '${weight}' and the logits. Cut the network before it ` +
          '(--from-layer NODE), or take a layers model of the same network.',
      );
    }
    if (gradient === 'flows') trained.add(node.name);
  }
}

/** The first input of a node whose value hangs on a trained weight. */
const firstTrained = (node: GraphNode, trained: ReadonlySet<string>): string | undefined =>
  dataInputs(node)
    .map((input) => sourceOf(input).node)
    .find((name) => trained.has(name));
