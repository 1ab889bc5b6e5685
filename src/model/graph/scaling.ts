import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { json } from './attributes.js';
import { constantNode } from './constants.js';
import { freshName, redirected } from './nodes.js';

const T = { T: json.type('float32') };

/** The graph with x scale + offset behind its input, a number a channel each. */
export function graphWithScaling(
  topology: GraphTopology,
  { scale, offset }: { scale: readonly number[]; offset: readonly number[] },
): GraphTopology {
  const { nodes, input, output } = topology.config;
  const constant = (name: string, values: readonly number[]): GraphNode =>
    constantNode(freshName(nodes, name), {
      dtype: 'float32',
      shape: [values.length],
      data: Float32Array.from(values),
    });
  const [factor, summand] = [constant('scaling/scale', scale), constant('scaling/offset', offset)];
  const product = { name: freshName(nodes, 'scaling/mul'), op: 'Mul', input: [input, factor.name], attr: T };
  const scaled = {
    name: freshName(nodes, 'scaling/add'),
    op: 'AddV2',
    input: [product.name, summand.name],
    attr: T,
  };
  const at = nodes.findIndex(({ name }) => name === input) + 1;
  const before = redirected(nodes.slice(0, at), new Map());
  const after = redirected(nodes.slice(at), new Map([[input, scaled.name]]));
  return {
    ...topology,
    config: { ...topology.config, nodes: [...before, factor, summand, product, scaled, ...after], output },
  };
}
