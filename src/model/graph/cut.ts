import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError, unknownName } from '../../errors.js';
import { append, appendPooling } from './append.js';
import { byName, freshName, liveNodes, sourceOf } from './nodes.js';
import { featuresNode } from './own-nodes.js';
import { traceShapes } from './shapes.js';

/** Names that are offered where one is not known. */
const MOST_OFFERED = 40;

/**
 * The graph up to and including one node, giving features `[batch, features]`: an image is averaged over height and width.
 *
 * @param nodeName as the graph has it, or its end: `block4a_expand_activation/mul_1`
 * @throws InputError for an unknown node (with the nearest), for one that two nodes could be, and for one whose value is
 * neither an image nor a matrix
 */
export function cutGraph(topology: GraphTopology, nodeName: string): GraphTopology {
  const node = findNode(topology, nodeName);
  const nodes = liveNodes(topology.config.nodes, node.name);
  const { input } = topology.config;
  if (node.name === input || !nodes.some(({ name }) => name === input)) {
    throw new InputError(`Nothing of the network is before '${node.name}'. Name a later node.`);
  }
  const cut: GraphTopology = { ...topology, config: { ...topology.config, nodes, output: node.name } };
  const shape = traceShapes(cut).get(node.name);
  if (shape?.length === 4) return appendPooling(cut);
  if (shape?.length === 2)
    return append(cut, featuresNode(freshName(nodes, 'features'), sourceOf(node.name).node));
  throw new InputError(
    `Node '${node.name}' (${node.op}) gives [${shape ?? 'an unknown shape'}], expected an image or a matrix. ` +
      'Name another node.',
  );
}

function findNode({ config: { nodes } }: GraphTopology, name: string): GraphNode {
  const exact = byName(nodes).get(name);
  if (exact) return exact;
  const values = nodes.filter(({ op }) => op !== 'Const');
  const ending = values.filter((node) => node.name.endsWith(`/${name}`));
  // A layer's name means the last of its operations.
  const within = values.filter((node) => `/${node.name}`.includes(`/${name}/`));
  const found = ending.length > 0 ? ending : within.slice(-1);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const names = found.slice(0, MOST_OFFERED).map((node) => `'${node.name}'`);
    throw new InputError(`'${name}' could be any of ${names.join(', ')}. Name one of them.`);
  }
  const known = values.map((node) => node.name);
  throw unknownName('node', name, known.slice(-MOST_OFFERED), `The graph has ${known.length} nodes.`);
}
