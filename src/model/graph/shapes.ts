import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { boolAttribute, intsAttribute, shapeAttribute } from './attributes.js';
import { constantOf, constantShape } from './constants.js';
import { dataInputs, sourceOf } from './nodes.js';

/** Sizes of a value with -1 for an open one, or undefined where nothing is known of it. */
export type Shape = readonly number[] | undefined;

interface Known {
  shape: Shape;
  /** Values of a small vector of whole numbers, -1 where they hang on the batch. */
  values?: readonly number[];
}

type Rule = (node: GraphNode, inputs: readonly Known[]) => Shape;

const OPEN = -1;
/** Constants of more values are no shapes, axes or paddings. */
const LONGEST_VECTOR = 32;

/**
 * Shapes of all values of a graph, for images of any size: height and width are open, unless they are 1 at every size,
 * as after global pooling. What cannot be told by the rules here is undefined; TensorFlow checks the rest.
 */
export function traceShapes({ config: { nodes, input } }: GraphTopology): Map<string, Shape> {
  const known = new Map<string, Known>();
  for (const node of nodes) {
    const inputs = dataInputs(node).map((each): Known => {
      const { node: name, index } = sourceOf(each);
      return (index === 0 && known.get(name)) || { shape: undefined };
    });
    known.set(node.name, node.name === input ? { shape: imageShape(node) } : infer(node, inputs));
  }
  return new Map([...known].map(([name, { shape }]) => [name, shape]));
}

function imageShape(node: GraphNode): Shape {
  const shape = shapeAttribute(node, 'shape');
  return [OPEN, OPEN, OPEN, shape?.[3] ?? OPEN];
}

function infer(node: GraphNode, inputs: readonly Known[]): Known {
  if (node.op === 'Const') {
    const shape = constantShape(node);
    const small = shape.reduce((a, b) => a * b, 1) <= LONGEST_VECTOR;
    const constant = small ? constantOf(node) : undefined;
    return { shape, ...(constant?.dtype === 'int32' && { values: [...constant.data] }) };
  }
  if (node.op === 'Pack') {
    const values = inputs.map(({ values }) => (values?.length === 1 ? values[0]! : OPEN));
    return { shape: [inputs.length], values };
  }
  if (node.op === 'ConcatV2' && inputs.slice(0, -1).every(({ values }) => values)) {
    const values = inputs.slice(0, -1).flatMap(({ values }) => values!);
    return { shape: [values.length], values };
  }
  const rule = RULES[node.op];
  return { shape: rule?.(node, inputs) };
}

const same: Rule = (_, [x]) => x?.shape;

/** Sizes of a result of broadcasting; where a side is unknown, what the other says of its channels is kept. */
const broadcast: Rule = (_, inputs) => {
  const shapes = inputs.map(({ shape }) => shape);
  if (shapes.some((shape) => shape === undefined)) return undefined;
  const rank = Math.max(...shapes.map((shape) => shape!.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape![i - rank + shape!.length] ?? 1).filter((size) => size !== 1);
    return sizes.find((size) => size !== OPEN) ?? sizes[0] ?? 1;
  });
};

const window: Rule = (_, [x]) => x?.shape && spatial(x.shape, x.shape[3]!);

/** A window leaves one pixel one pixel. */
const spatial = (shape: readonly number[], channels: number): Shape =>
  shape.length === 4
    ? [shape[0]!, shape[1] === 1 ? 1 : OPEN, shape[2] === 1 ? 1 : OPEN, channels]
    : undefined;

const reduction: Rule = (node, [x, axes]) => {
  if (!x?.shape || !axes?.values) return undefined;
  const { shape } = x;
  const gone = new Set(axes.values.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  return boolAttribute(node, 'keep_dims')
    ? shape.map((size, i) => (gone.has(i) ? 1 : size))
    : shape.filter((_, i) => !gone.has(i));
};

const padded: Rule = (_, [x, padding]) =>
  x?.shape?.map((size, i) => {
    const added = (padding?.values?.[2 * i] ?? 0) + (padding?.values?.[2 * i + 1] ?? 0);
    return size === OPEN || i === 1 || i === 2 ? OPEN : size + added;
  });

const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: (_, [x, filter]) =>
    x?.shape && filter?.shape?.length === 4 ? spatial(x.shape, filter.shape[3]!) : undefined,
  DepthwiseConv2dNative: (_, [x, filter]) =>
    x?.shape && filter?.shape?.length === 4
      ? spatial(x.shape, filter.shape[2]! * filter.shape[3]!)
      : undefined,
  MatMul: (node, [x, kernel]) => {
    if (kernel?.shape?.length !== 2) return undefined;
    return [x?.shape?.[0] ?? OPEN, kernel.shape[boolAttribute(node, 'transpose_b') ? 0 : 1]!];
  },
  AvgPool: window,
  MaxPool: window,
  ResizeBilinear: (_, [x]) => x?.shape && spatial([x.shape[0]!, OPEN, OPEN, OPEN], x.shape[3]!),
  ResizeNearestNeighbor: (_, [x]) => x?.shape && spatial([x.shape[0]!, OPEN, OPEN, OPEN], x.shape[3]!),
  Pad: padded,
  PadV2: padded,
  ...Object.fromEntries(['Mean', 'Sum', 'Max', 'Min', 'Prod'].map((op) => [op, reduction])),
  Reshape: (_, [, shape]) => shape?.values,
  Squeeze: (node, [x]) => {
    const dims = intsAttribute(node, 'squeeze_dims');
    const gone = new Set(dims.map((dim) => (dim < 0 ? dim + (x?.shape?.length ?? 0) : dim)));
    return dims.length === 0 ? undefined : x?.shape?.filter((_, i) => !gone.has(i));
  },
  ExpandDims: (_, [x, axis]) => {
    if (!x?.shape || axis?.values?.length !== 1) return undefined;
    const at = axis.values[0]!;
    const place = at < 0 ? at + x.shape.length + 1 : at;
    return [...x.shape.slice(0, place), 1, ...x.shape.slice(place)];
  },
  ConcatV2: (_, inputs) => {
    const shapes = inputs.slice(0, -1).map(({ shape }) => shape);
    const [first] = shapes;
    const axis = inputs.at(-1)?.values?.[0];
    if (!first || axis === undefined || shapes.some((shape) => shape?.length !== first.length))
      return undefined;
    const place = axis < 0 ? axis + first.length : axis;
    return first.map((size, i) => {
      if (i !== place) return size;
      const sizes = shapes.map((shape) => shape![i]!);
      return sizes.includes(OPEN) ? OPEN : sizes.reduce((a, b) => a + b, 0);
    });
  },
  AddN: broadcast,
  ...Object.fromEntries(
    'Add AddV2 Sub Mul RealDiv Div Maximum Minimum SquaredDifference Pow'
      .split(' ')
      .map((op) => [op, broadcast]),
  ),
  ...Object.fromEntries(
    (
      'BiasAdd FusedBatchNormV3 Relu Relu6 Selu Elu LeakyRelu Sigmoid Tanh Softplus Softsign Softmax Neg Abs Square ' +
      'Sqrt Rsqrt Exp Log Log1p Expm1 Erf Reciprocal Identity Cast'
    )
      .split(' ')
      .map((op) => [op, same]),
  ),
};

/** Whether a value is one pixel an image at every image size: what follows global pooling. */
export const isPooled = (shape: Shape): boolean => shape?.length === 4 && shape[1] === 1 && shape[2] === 1;

/** How many values the output has an image, or undefined where that cannot be told. */
export function outputSize(topology: GraphTopology): number | undefined {
  const size = traceShapes(topology).get(topology.config.output)?.at(-1) ?? -1;
  return size > 0 ? size : undefined;
}
