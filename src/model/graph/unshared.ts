import type { GraphNode } from '../../../models/topology.js';
import type { WeightMap } from '../weights.js';
import { byName, dataInputs, freshName, sourceOf } from './nodes.js';

/** Operations whose constants, from the second input on, belong to one layer. */
const OWNERS = new Set(['BiasAdd', 'FusedBatchNormV3']);

/**
 * Gives each bias and batch normalization constants of its own: a converter keeps equal constants once, such as zeros,
 * and layers would be tied together by them. Values are not copied.
 */
export function unshared(
  nodes: readonly GraphNode[],
  tensors: WeightMap,
): { nodes: GraphNode[]; tensors: WeightMap } {
  const all = byName(nodes);
  const own = new Map(tensors);
  const taken = new Set<string>();
  const found: GraphNode[] = [];
  for (const node of nodes) {
    const inputs = dataInputs(node).map((input, position) => {
      const { node: name } = sourceOf(input);
      const constant = all.get(name);
      if (constant?.op !== 'Const') return input;
      if (!OWNERS.has(node.op) || position === 0 || !taken.has(name)) {
        taken.add(name);
        return input;
      }
      const copy = { ...constant, name: freshName([...nodes, ...found], `${node.name}/value`) };
      const tensor = tensors.get(name);
      if (tensor) own.set(copy.name, tensor);
      found.push(copy);
      return copy.name;
    });
    found.push(node.input ? { ...node, input: inputs } : node);
  }
  return { nodes: found, tensors: own };
}
