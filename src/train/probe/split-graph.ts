import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import type { Head } from '../../model/blocks/index.js';
import { appendReshape } from '../../model/graph/append.js';
import { json } from '../../model/graph/attributes.js';
import { intsNode, weightOf } from '../../model/graph/constants.js';
import { findGraphHead } from '../../model/graph/find-head.js';
import { freshName, liveNodes, sourceOf } from '../../model/graph/nodes.js';
import { traceShapes } from '../../model/graph/shapes.js';
import { layerOf } from '../../patterns.js';

/** The two parts of a graph, and the layers whose weights belong to its head. */
export function splitGraph(
  topology: GraphTopology,
  { names, features }: Head,
): { body: GraphTopology; head: { topology: GraphTopology; names: readonly string[] } } {
  const { nodes, output, name } = topology.config;
  const shape = traceShapes(topology).get(features);
  const traced = shape?.at(-1) ?? -1;
  const size = traced > 0 ? traced : findGraphHead(topology)!.size;
  // A classifier that is a convolution takes images of one pixel.
  const isImage = shape?.length === 4;
  const cut = withOutput(topology, liveNodes(nodes, sourceOf(features).node), features);

  const input: GraphNode = {
    name: freshName(nodes, 'features_input'),
    op: 'Placeholder',
    attr: { dtype: json.type('float32'), shape: { shape: json.shape([-1, 1, 1, size]) } },
  };
  const sizes = intsNode(freshName(nodes, 'features_shape'), isImage ? [-1, 1, 1, size] : [-1, size]);
  const shaped: GraphNode = {
    name: freshName(nodes, 'features_shaped'),
    op: 'Reshape',
    input: [input.name, sizes.name],
    attr: { T: json.type('float32'), Tshape: json.type('int32') },
  };
  const redirected = nodes.map((node) =>
    names.has(node.name)
      ? { ...node, input: (node.input ?? []).map((each) => (each === features ? shaped.name : each)) }
      : node,
  );
  const live = liveNodes([...redirected, input, sizes, shaped], sourceOf(output).node);
  return {
    body: isImage ? appendReshape(cut, size) : cut,
    head: {
      topology: { ...topology, config: { name, nodes: live, input: input.name, output } },
      names: live.filter((node) => weightOf(node)).map((node) => layerOf(node.name)),
    },
  };
}

const withOutput = (topology: GraphTopology, nodes: GraphNode[], output: string): GraphTopology => ({
  ...topology,
  config: { ...topology.config, nodes, output },
});
