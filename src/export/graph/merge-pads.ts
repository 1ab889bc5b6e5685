import type { GraphNode } from '../../../models/topology.js';
import { intsAttribute, stringAttribute } from '../../model/graph/attributes.js';
import { consumers, dataInputs } from '../../model/graph/nodes.js';
import { sameBorder } from '../../tensorflow/index.js';
import type { InferenceGraph } from './inference-graph.js';
import { pruned } from './pruned.js';

/** Height and width in pixels. */
type Sides = readonly [number, number];
type Constants = InferenceGraph['values'];

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);
const POOLS = new Set(['MaxPool', 'AvgPool']);
/** They leave height and width as they are. */
const ELEMENTWISE = new Set(
  'BiasAdd FusedBatchNormV3 Relu Relu6 Elu Selu LeakyRelu Sigmoid Tanh Softplus Add AddV2 Sub Mul RealDiv Maximum Minimum'.split(
    ' ',
  ),
);

/**
 * Makes the zeros that a layer of its own puts around an image part of the convolution behind it, where TensorFlow's SAME puts
 * the same number on the same sides: one pass over memory less for each. Keras's EfficientNet and MobileNet have such layers
 * before their strides.
 */
export function mergePads(graph: InferenceGraph): InferenceGraph {
  const takers = consumers(graph.nodes);
  const sides = sidesOf(graph);
  const changed = new Map<string, GraphNode>();
  for (const pad of graph.nodes) {
    if (pad.op !== 'Pad') continue;
    const [x = '', amounts = ''] = dataInputs(pad);
    const before = sides.get(x);
    const added = amountsOf(graph.values, amounts);
    const all = pad.name === graph.output ? [] : takers.get(pad.name)!;
    if (!before || !added || all.length === 0) continue;
    const merges = all.every((node) => {
      const [input, kernel = ''] = dataInputs(node);
      const isValid = CONVOLUTIONS.has(node.op) && stringAttribute(node, 'padding') === 'VALID';
      const reach = isValid && input === pad.name && reachOf(node, graph.values.get(kernel)?.shape);
      const wanted = reach && before.map((size, i) => sameBorder(size, reach[i]!));
      return wanted && added.join() === [[0, 0], ...wanted, [0, 0]].join();
    });
    if (!merges) continue;
    for (const node of all) {
      const padding = { s: Buffer.from('SAME').toString('base64') };
      const input = node.input!.map((each) => (each === pad.name ? x : each));
      changed.set(node.name, { ...node, input, attr: { ...node.attr, padding } });
    }
  }
  return pruned({ ...graph, nodes: graph.nodes.map((node) => changed.get(node.name) ?? node) });
}

/** What a window of a node spans, in pixels, and by how many it moves. */
interface Reach {
  extent: number;
  stride: number;
}

/** Down and across; undefined for windows of unknown size, and for images whose channels come first. */
function reachOf(node: GraphNode, window: readonly number[] | undefined): [Reach, Reach] | undefined {
  if (!window || stringAttribute(node, 'data_format') === 'NCHW') return undefined;
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  const reach = (i: number): Reach => ({
    extent: (window[i]! - 1) * (dilations[i + 1] ?? 1) + 1,
    stride: strides[i + 1]!,
  });
  return [reach(0), reach(1)];
}

/** The paddings of an image: a pair for each of its four dimensions. */
function amountsOf(values: Constants, name: string): [number, number][] | undefined {
  const constant = values.get(name);
  if (constant?.dtype !== 'int32' || constant.shape.join() !== '4,2') return undefined;
  return [0, 2, 4, 6].map((i) => [Number(constant.data[i]), Number(constant.data[i + 1])]);
}

/** Sides of the images that nodes give, as far as the rules here tell. */
function sidesOf({ nodes, values, input, imageSize }: InferenceGraph): Map<string, Sides> {
  const found = new Map<string, Sides>([[input, [imageSize, imageSize]]]);
  const infer = (node: GraphNode): Sides | undefined => {
    const [x = '', other = ''] = dataInputs(node);
    const given = found.get(x);
    if (ELEMENTWISE.has(node.op)) return broadcast(dataInputs(node).map((each) => found.get(each)));
    if (!given) return undefined;
    if (node.op === 'Pad') {
      const [, down, across] = amountsOf(values, other) ?? [];
      return down && across && [given[0] + down[0] + down[1], given[1] + across[0] + across[1]];
    }
    const isPool = POOLS.has(node.op);
    if (!isPool && !CONVOLUTIONS.has(node.op)) return undefined;
    const window = isPool ? intsAttribute(node, 'ksize').slice(1, 3) : values.get(other)?.shape;
    const reach = reachOf(node, window);
    const padding = stringAttribute(node, 'padding');
    if (!reach || (padding !== 'SAME' && padding !== 'VALID')) return undefined;
    const [down, across] = given.map((size, i) => {
      const { extent, stride } = reach[i]!;
      return Math.ceil((padding === 'SAME' ? size : size - extent + 1) / stride);
    });
    return [down!, across!];
  };
  for (const node of nodes) {
    const sides = found.get(node.name) ?? infer(node);
    if (sides) found.set(node.name, sides);
  }
  return found;
}

/** What is not known is one pixel that is spread, a number a channel, or as large as what is known: unless that is one pixel. */
function broadcast(inputs: readonly (Sides | undefined)[]): Sides | undefined {
  const sides = inputs.filter((each) => each !== undefined);
  const largest = [0, 1].map((i) => Math.max(1, ...sides.map((each) => each[i]!)));
  const isSure = sides.length === inputs.length || largest.every((size) => size > 1);
  return isSure ? [largest[0]!, largest[1]!] : undefined;
}
