import type { GraphNode } from '../../../models/topology.js';
import { intsAttribute, json, shapeAttribute } from './attributes.js';
import { type Constant, constantNode, constantOf, intsNode } from './constants.js';
import { byName, dataInputs, freshName, redirected, sourceOf } from './nodes.js';
import { isOwn } from './own-nodes.js';

/** Operations that give what they take. */
const PASS_THROUGH = new Set([
  'Identity',
  'StopGradient',
  'PreventGradient',
  'CheckNumerics',
  'PlaceholderWithDefault',
  'Snapshot',
]);

/** Nodes that give what they take are cleared away: what took their value takes the one before them. */
export function withoutIdentities(
  nodes: readonly GraphNode[],
  output: string,
): { nodes: GraphNode[]; output: string } {
  const before = new Map<string, string>();
  for (const node of nodes) {
    const [input] = dataInputs(node);
    if (input !== undefined && PASS_THROUGH.has(node.op) && !isOwn(node)) before.set(node.name, input);
  }
  const end: GraphNode = { name: '', op: 'Identity', input: [output] };
  const [redirectedEnd, ...rest] = redirected(
    [end, ...nodes.filter(({ name }) => !before.has(name))],
    before,
  );
  return { nodes: rest, output: redirectedEnd!.input![0]! };
}

type Rewrite = (node: GraphNode, context: Context) => GraphNode[];

interface Context {
  constant(input: string | undefined): Constant | undefined;
  node(input: string | undefined): GraphNode | undefined;
  /** Batch size that the placeholder has fixed; 1 where it leaves it open. */
  batch: number;
  /** Whether a node's value hangs on the images. */
  isImage(name: string): boolean;
  fresh(name: string): string;
}

const FLOAT = { T: json.type('float32') };

/** Batch normalization of older graphs: the same arguments, another name. */
const normV3: Rewrite = (node) => [
  { ...node, op: 'FusedBatchNormV3', attr: { ...node.attr, U: json.type('float32') } },
];

/** What is written otherwise here, because TensorFlow has no gradient for it or a graph was frozen for one image. */
const REWRITES: Readonly<Record<string, Rewrite>> = {
  FusedBatchNorm: normV3,
  FusedBatchNormV2: normV3,

  // e^(x - max) / sum: the gradient that TensorFlow's C++ library has for Softmax is that of matrices only.
  Softmax: (node, { fresh }) => {
    const name = (part: string) => fresh(`${node.name}/${part}`);
    const x = dataInputs(node)[0]!;
    const [axis, max, shifted, exp, sum] = ['axis', 'Max', 'Sub', 'Exp', 'Sum'].map(name) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const reduced = { ...FLOAT, Tidx: json.type('int32'), keep_dims: json.bool(true) };
    return [
      intsNode(axis, [-1]),
      { name: max, op: 'Max', input: [x, axis], attr: reduced },
      { name: shifted, op: 'Sub', input: [x, max], attr: FLOAT },
      { name: exp, op: 'Exp', input: [shifted], attr: FLOAT },
      { name: sum, op: 'Sum', input: [exp, axis], attr: reduced },
      { name: node.name, op: 'RealDiv', input: [exp, sum], attr: FLOAT },
    ];
  },

  // One image of one pixel would lose its batch.
  Squeeze: (node) => {
    if (intsAttribute(node, 'squeeze_dims').length > 0) return [node];
    return [{ ...node, attr: { ...node.attr, squeeze_dims: json.ints([1, 2]) } }];
  },

  Reshape: (node, { constant, node: find, batch, isImage, fresh }) => {
    const [x, shape] = dataInputs(node);
    const sizes = constant(shape);
    const [first, ...rest] = sizes ? [...sizes.data] : [];
    if (first === -1 || !isImage(sourceOf(x!).node)) return [node];
    if (sizes) {
      if (first !== batch || rest.length === 0) return [node];
      if (!rest.includes(-1)) return reshaped(node, x!, [-1, ...rest], fresh);
      return rest.length === 1 ? flattened(node, x!, fresh) : [node];
    }
    const packed = find(shape);
    if (packed?.op !== 'Pack') return [node];
    const parts = dataInputs(packed).map((part) => constant(part)?.data[0]);
    if (parts[0] !== batch || !parts.slice(1).every((part) => part !== undefined && part !== -1))
      return [node];
    return reshaped(node, x!, [-1, ...(parts.slice(1) as number[])], fresh);
  },
};

/** A reshape to sizes of which the first is open. */
function reshaped(
  node: GraphNode,
  x: string,
  sizes: readonly number[],
  fresh: Context['fresh'],
): GraphNode[] {
  const shape = fresh(`${node.name}/shape`);
  const attr = { ...node.attr, Tshape: json.type('int32') };
  return [intsNode(shape, sizes), { ...node, input: [x, shape], attr }];
}

/** A reshape to `[batch, features]`, where the value alone tells both. */
function flattened(node: GraphNode, x: string, fresh: Context['fresh']): GraphNode[] {
  const name = (part: string) => fresh(`${node.name}/${part}`);
  const [shape, zero, one, batch, rest, sizes] = ['Shape', 'zero', 'one', 'batch', 'rest', 'sizes'].map(
    name,
  ) as [string, string, string, string, string, string];
  const int = json.type('int32');
  return [
    { name: shape, op: 'Shape', input: [x], attr: { ...FLOAT, out_type: int } },
    intsNode(zero, [0]),
    intsNode(one, [1]),
    {
      name: batch,
      op: 'StridedSlice',
      input: [shape, zero, one, one],
      attr: { T: int, Index: int, shrink_axis_mask: { i: '1' } },
    },
    constantNode(rest, { dtype: 'int32', shape: [], data: Int32Array.of(-1) }),
    { name: sizes, op: 'Pack', input: [batch, rest], attr: { T: int, N: { i: '2' }, axis: { i: '0' } } },
    { ...node, input: [x, sizes], attr: { ...node.attr, Tshape: int } },
  ];
}

/**
 * Writes operations so that they have gradients and take batches of any size.
 *
 * @param input the placeholder of the images
 */
export function rewrite(nodes: readonly GraphNode[], input: string): GraphNode[] {
  const all = byName(nodes);
  const images = new Set([input]);
  for (const { name, ...node } of nodes) {
    if (dataInputs({ name, ...node }).some((each) => images.has(sourceOf(each).node))) images.add(name);
  }
  const find = (from: string | undefined) => (from === undefined ? undefined : all.get(sourceOf(from).node));
  const [size = -1] = shapeAttribute(all.get(input)!, 'shape') ?? [];
  const context: Context = {
    node: find,
    constant: (from) => constantOf(find(from)),
    batch: size > 0 ? size : 1,
    isImage: (name) => images.has(name),
    fresh: (name) => freshName(nodes, name),
  };
  return nodes.flatMap((node) => REWRITES[node.op]?.(node, context) ?? [node]);
}
