import type { GraphNode } from '../../../models/topology.js';
import { freshName, withoutIdentities } from '../../model/graph/index.js';
import { buildForward, type Model } from '../../model/index.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { nodesOf } from '../../tensorflow/index.js';
import { toFloat32 } from '../../weights/to-float32.js';
import { endsInSoftmax } from '../probabilities.js';
import { graphNode } from './graph-node.js';
import { pruned } from './pruned.js';

/**
 * What a model computes at inference, as operations of TensorFlow in the JSON of a GraphDef: for the formats that hold a
 * graph.
 */
export interface InferenceGraph {
  /** Each after those that it takes; `Const` nodes have their values in {@link values} alone. */
  nodes: readonly GraphNode[];
  /** Values of the `Const` nodes, by name: float32, int32 or bool. */
  values: WeightMap;
  /** Those of them that were trained, where the others are part of the computation. */
  weights: ReadonlySet<string>;
  /** The placeholder, float32 `[batch, imageSize, imageSize, 3]`. */
  input: string;
  /** float32 `[batch, classes]` */
  output: string;
  imageSize: number;
  classes: number;
}

/** Name of the input: what programs show. */
const INPUT = 'images';

/**
 * The inference graph of a model as it is, its own last softmax included: preprocessing that is not part of the topology is
 * not part of the graph.
 */
export function inferenceGraph({ topology, weights, imageSize }: Model): InferenceGraph {
  const forward = buildForward(topology, { training: false, imageSize });
  const own = new Set(forward.weights.map(({ name }) => name));
  const values: WeightMap = new Map();
  const nodes = nodesOf(forward.fragment).map((each): GraphNode => {
    const weight = own.has(each.name) ? floating(weights.get(each.name)!) : undefined;
    const { node, value } = graphNode(each, weight);
    if (value) values.set(node.name, value);
    return node;
  });
  let output: string = forward.logits;
  // Of layers the forward pass ends in the logits; a graph has its softmax among its nodes.
  if (topology.class_name !== 'Graph' && endsInSoftmax(topology)) {
    const name = freshName(nodes, 'probabilities');
    nodes.push({ name, op: 'Softmax', input: [output], attr: { T: { type: 'DT_FLOAT' } } });
    output = name;
  }
  const cleared = withoutIdentities(nodes, output);
  return pruned({
    nodes: cleared.nodes,
    values,
    weights: own,
    input: INPUT,
    output: cleared.output,
    imageSize,
    classes: forward.classes,
  });
}

const floating = (tensor: WeightTensor): WeightTensor => ({
  dtype: 'float32',
  shape: tensor.shape,
  data: toFloat32(tensor),
});
