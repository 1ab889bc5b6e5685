import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { WeightMap } from '../weights.js';
import { appendPooling, appendReshape } from './append.js';
import { shapeAttribute } from './attributes.js';
import { asConstant, constantNode, constantOf, weightNode, weightOf } from './constants.js';
import { type Endpoint, logitsOf, pickInput, pickOutput } from './endpoints.js';
import { takeApart } from './fused.js';
import { liveNodes, renamed, sourceOf } from './nodes.js';
import { operationOf } from './operations.js';
import { rewrite, withoutIdentities } from './rewrite.js';
import { rolesOf } from './roles.js';
import { isPooled, traceShapes } from './shapes.js';
import { unshared } from './unshared.js';
import { weightNames } from './weight-names.js';

/** A graph whose variables have become constants. */
export interface FrozenGraph {
  /** For messages. */
  name: string;
  nodes: readonly GraphNode[];
  /** Values of the `Const` nodes, by name. */
  tensors: WeightMap;
  /** What the signature says that it gives; none where there is no signature. */
  outputs: readonly Endpoint[];
}

/** A graph that can be trained, its weights, and the side of the images that it was made for, where it says so. */
export interface TrainableGraph {
  topology: GraphTopology;
  weights: WeightMap;
  imageSize?: number;
}

/**
 * Makes a frozen graph trainable: fused operations are taken apart, what only one image could go through takes batches,
 * and constants that were weights become weights again, with names as layers have them. It ends in the logits.
 *
 * @param options.output name of the output that classifies @default the only one, or the one called like a classifier's
 * @throws InputError for what is not supported: it names the node and its operation
 */
export function trainableGraph(
  { name, nodes, tensors, outputs }: FrozenGraph,
  { output }: { output?: string } = {},
): TrainableGraph {
  const picked = pickOutput(nodes, outputs, { output });
  // 1) what the output needs, without identities
  const needed = withoutIdentities(liveNodes(nodes, sourceOf(picked.node).node), picked.node);
  // 2) valued constants, operations that have gradients, up to the logits
  const valued = withValues(takeApart(needed.nodes), tensors);
  const logits = logitsOf(valued, needed.output);
  const live = liveNodes(valued, sourceOf(logits).node);
  const input = pickInput(live);
  const rewritten = liveNodes(rewrite(live, input.name), sourceOf(logits).node);
  for (const node of rewritten) if (node.op !== 'Const' && node.name !== input.name) operationOf(node);
  // 3) constants that are weights
  const found = withWeights(rewritten, tensors, input.name);
  const topology = asMatrix(
    {
      class_name: 'Graph',
      config: { name, nodes: found.nodes, input: input.name, output: logits },
    },
    picked.shape?.at(-1),
  );
  const [, side = -1] = shapeAttribute(input, 'shape') ?? [];
  return { topology, weights: found.weights, ...(side > 0 && { imageSize: side }) };
}

/** Constants with their values, where the file has them apart; weights of our own writing stay without. */
function withValues(nodes: readonly GraphNode[], tensors: WeightMap): GraphNode[] {
  return nodes.map((node) => {
    const tensor = tensors.get(node.name);
    if (node.op !== 'Const' || weightOf(node) || !tensor) return node;
    // Only what is small can be a shape, an axis or a padding: values of weights stay where they are.
    return tensor.dtype === 'float32' && tensor.shape.length > 0
      ? node
      : constantNode(node.name, asConstant(node, tensor));
  });
}

function withWeights(
  nodes: readonly GraphNode[],
  tensors: WeightMap,
  input: string,
): { nodes: GraphNode[]; weights: WeightMap } {
  if (nodes.some((node) => weightOf(node))) return asMarked(nodes, tensors);
  const split = unshared(nodes, tensors);
  const shapes = new Map([...split.tensors].map(([name, { shape }]) => [name, shape]));
  const roles = rolesOf(split.nodes, shapes, input);
  const others = split.nodes.map(({ name }) => name).filter((name) => !roles.has(name));
  const names = weightNames(roles, others);
  const weights: WeightMap = new Map();
  const found = renamed(split.nodes, names).map((node) => {
    const tensor = split.tensors.get(node.name);
    const weight = names.get(node.name);
    if (node.op !== 'Const' || constantOf(node)) return node;
    if (!tensor) throw valueless(node);
    if (weight === undefined) return constantNode(node.name, asConstant(node, tensor));
    weights.set(weight, tensor);
    return weightNode(weight, tensor.shape, { trainable: roles.get(node.name)!.trainable });
  });
  return { nodes: found, weights };
}

/** A graph of our own writing says itself which of its constants are weights. */
function asMarked(
  nodes: readonly GraphNode[],
  tensors: WeightMap,
): { nodes: GraphNode[]; weights: WeightMap } {
  const weights: WeightMap = new Map();
  const found = nodes.map((node) => {
    if (node.op !== 'Const' || constantOf(node)) return node;
    const tensor = tensors.get(node.name);
    if (!tensor) throw valueless(node);
    const weight = weightOf(node);
    if (!weight) return constantNode(node.name, asConstant(node, tensor));
    if (tensor.dtype !== 'float32' || weight.shape.join() !== tensor.shape.join()) {
      throw new InputError(
        `Weight '${node.name}' is [${weight.shape}] in the graph and ${tensor.dtype} [${tensor.shape}] among the weights.`,
      );
    }
    weights.set(node.name, tensor);
    return node;
  });
  return { nodes: found, weights };
}

const valueless = ({ name }: GraphNode): InputError =>
  new InputError(`The constant '${name}' has no value that is a number among the weights.`);

/**
 * The same graph, with an output of `[batch, classes]`.
 *
 * @param stated how many classes the signature says there are
 */
function asMatrix(topology: GraphTopology, stated: number | undefined): GraphTopology {
  const { output } = topology.config;
  const shape = traceShapes(topology).get(output);
  const size = shape?.at(-1) ?? -1;
  if (shape?.length === 2 && size > 0) return topology;
  if (shape?.length === 4 && !isPooled(shape)) return appendPooling(topology);
  const classes = size > 0 ? size : (stated ?? -1);
  return classes > 0 ? appendReshape(topology, classes) : topology;
}
