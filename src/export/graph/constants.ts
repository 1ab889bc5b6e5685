import type { GraphNode } from '../../../models/topology.js';
import { freshName } from '../../model/graph/nodes.js';
import type { WeightMap } from '../../model/weights.js';
import { weightNode } from '../../weights/tensorflow/weight-nodes.js';

/** Makes constants for a graph: a node each, of a name that is free, and its value among the others. */
export function constantMaker(nodes: readonly GraphNode[], values: WeightMap) {
  const taken = [...nodes];
  return (name: string, data: Float32Array): GraphNode => {
    const value = { dtype: 'float32', shape: [data.length], data } as const;
    const node = weightNode(freshName(taken, name), value);
    taken.push(node);
    values.set(node.name, value);
    return node;
  };
}
