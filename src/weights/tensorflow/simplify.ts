import type { GraphNode } from '../../../models/topology.js';
import { elementCount } from '../tensor-types.js';
import type { FrozenNodes } from './freeze.js';
import { weightNode } from './weight-nodes.js';

/** What a batch normalization is made of where it is written out in single operations. */
interface Parts {
  x: string;
  mean: string;
  variance: string;
  beta: string;
  /** Undefined where it does not scale. */
  gamma: string | undefined;
  epsilon: number;
}

type Nodes = ReadonlyMap<string, GraphNode>;
type Graph = Pick<FrozenNodes, 'nodes' | 'tensors'>;

const FLOAT = { type: 'DT_FLOAT' };
const NHWC = { s: Buffer.from('NHWC').toString('base64') };
/** Operations that leave one value a channel what it is. */
const SHAPING = new Set(['Reshape', 'Squeeze', 'Identity']);
/** What gives images of four dimensions, where no constant tells that it is so. */
const IMAGES = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/**
 * Batch normalizations that are written out, as Keras 3 and the TPU models of TensorFlow 1 have them,
 * `x * (gamma / sqrt(variance + epsilon)) + (beta - mean * (gamma / sqrt(variance + epsilon)))`, become one operation
 * each, which can train on the statistics of batches. What is no longer needed stays for others to clear away.
 */
export function fuseNorms({ nodes, tensors }: Graph): Graph {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const weights = new Map(tensors);
  const fused: GraphNode[] = [];
  for (const node of nodes) {
    const parts = normParts(node, byName, tensors);
    if (parts === undefined) {
      fused.push(node);
      continue;
    }
    const { x, mean, variance, beta, epsilon } = parts;
    let { gamma } = parts;
    if (gamma === undefined) {
      gamma = gammaBeside(mean, byName, weights);
      const size = elementCount(tensors.get(mean)!.shape);
      const ones = { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(1) } as const;
      weights.set(gamma, ones);
      fused.push(weightNode(gamma, ones));
    }
    fused.push({
      name: node.name,
      op: 'FusedBatchNormV3',
      input: [x, gamma, beta, mean, variance],
      attr: { T: FLOAT, U: FLOAT, epsilon: { f: epsilon }, data_format: NHWC, is_training: { b: false } },
    });
  }
  return { nodes: fused, tensors: weights };
}

/** A name for a scale of ones, in the layer of the mean: `bn/gamma/resource` beside `bn/moving_mean/resource`. */
function gammaBeside(mean: string, nodes: Nodes, weights: FrozenNodes['tensors']): string {
  let name = `${mean.split('/').slice(0, -2).join('/') || mean}/gamma/resource`;
  while (nodes.has(name) || weights.has(name)) name += '/resource';
  return name;
}

/** Takes `x * scale + (beta - mean * scale)` apart, whatever the order of what is added and multiplied. */
function normParts(node: GraphNode, nodes: Nodes, tensors: FrozenNodes['tensors']): Parts | undefined {
  if (!isAddition(node)) return undefined;
  for (const [product, rest] of bothOrders(node)) {
    const shift = nodes.get(rest);
    const scaled = nodes.get(product);
    if (scaled?.op !== 'Mul' || shift?.op !== 'Sub') continue;
    const [betaInput = '', meanProduct = ''] = shift.input ?? [];
    const center = nodes.get(meanProduct);
    if (center?.op !== 'Mul') continue;
    for (const [x, scale] of bothOrders(scaled)) {
      const meanInput = center.input?.find((input) => input !== scale);
      const found = scaleParts(scale, nodes, tensors);
      if (!found || meanInput === undefined || !center.input?.includes(scale)) continue;
      const [mean, beta] = [meanInput, betaInput].map((input) => channelConstant(input, nodes, tensors));
      if (mean === undefined || beta === undefined) continue;
      if (
        IMAGES.has(nodes.get(x)?.op ?? '') ||
        [meanInput, betaInput].some((input) => isOfImages(input, nodes, tensors))
      )
        return { x, mean, beta, ...found };
    }
  }
  return undefined;
}

/** Takes `rsqrt(variance + epsilon) * gamma` apart, or the first factor alone. */
function scaleParts(scale: string, nodes: Nodes, tensors: FrozenNodes['tensors']) {
  const node = nodes.get(scale);
  const factors: readonly (readonly [string, string | undefined])[] =
    node?.op === 'Mul' ? bothOrders(node) : [[scale, undefined]];
  for (const [root, factor] of factors) {
    const rsqrt = nodes.get(root);
    const sum = rsqrt?.op === 'Rsqrt' ? nodes.get(rsqrt.input?.[0] ?? '') : undefined;
    if (!sum || !isAddition(sum)) continue;
    const gamma = factor === undefined ? undefined : channelConstant(factor, nodes, tensors);
    if (factor !== undefined && gamma === undefined) continue;
    for (const [varianceInput, epsilonInput] of bothOrders(sum)) {
      const variance = channelConstant(varianceInput, nodes, tensors);
      const epsilon = tensors.get(epsilonInput);
      if (variance === undefined || epsilon?.shape.length !== 0) continue;
      return { variance, gamma, epsilon: Number(epsilon.data[0]) };
    }
  }
  return undefined;
}

/** The constant of one value a channel that an input is, or was before it got more dimensions. */
function channelConstant(input: string, nodes: Nodes, tensors: FrozenNodes['tensors']): string | undefined {
  let node = nodes.get(input);
  while (node && SHAPING.has(node.op)) node = nodes.get(node.input?.[0] ?? '');
  const tensor = node?.op === 'Const' ? tensors.get(node.name) : undefined;
  return tensor?.dtype === 'float32' && tensor.shape.length === 1 ? node?.name : undefined;
}

/**
 * Biases of one dimension again where they got those of images and lost them, as Keras 3 has it: `BiasAdd` takes the
 * constant itself.
 */
export function plainBiases({ nodes, tensors }: Graph): Graph {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const plain = nodes.map((node) => {
    const [x = '', bias = ''] = node.input ?? [];
    if (node.op !== 'BiasAdd' || byName.get(bias)?.op !== 'Squeeze') return node;
    const constant = channelConstant(bias, byName, tensors);
    return constant === undefined ? node : { ...node, input: [x, constant] };
  });
  return { nodes: plain, tensors };
}

/** Whether a constant was made `[1, 1, 1, channels]`. */
function isOfImages(input: string, nodes: Nodes, tensors: FrozenNodes['tensors']): boolean {
  const node = nodes.get(input);
  return node?.op === 'Reshape' && tensors.get(node.input?.[1] ?? '')?.data.length === 4;
}

const isAddition = ({ op }: GraphNode): boolean => op === 'Add' || op === 'AddV2';

function bothOrders({ input = [] }: GraphNode): [string, string][] {
  const [a = '', b = ''] = input;
  return [
    [a, b],
    [b, a],
  ];
}
