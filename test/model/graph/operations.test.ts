import { describe, expect, test } from 'vitest';
import type { GraphNode } from '../../../models/topology.js';
import { constantNode } from '../../../src/model/graph/constants.js';
import { OPERATIONS, operationOf } from '../../../src/model/graph/operations.js';
import { buildForward } from '../../../src/model/index.js';
import { Graph } from '../../../src/tensorflow/index.js';
import { a, CONVOLUTION, GraphBuilder } from './graph-builder.js';

type Build = (g: GraphBuilder, x: string) => string;

const T = 'DT_INT32';
const window = { ksize: a.ints(1, 2, 2, 1), strides: a.ints(1, 2, 2, 1), padding: a.s('SAME') };
const int = (g: GraphBuilder, name: string, values: number[], shape?: number[]) =>
  g.ints(name, values, shape);
const unary: (op: string, extra?: Parameters<GraphBuilder['op']>[3]) => Build = (op, extra) => (g, x) =>
  g.op(op, 'it', [x], extra);
const binary: (op: string) => Build = (op) => (g, x) => g.op(op, 'it', [x, g.floats('other', [4])]);
const withInts: (op: string, type: string, values: number[], shape?: number[], extra?: object) => Build =
  (op, type, values, shape, extra = {}) =>
  (g, x) =>
    g.op(op, 'it', [x, int(g, 'ints', values, shape)], { [type]: a.type(T), ...extra });

/** Each operation that gradients are said to flow through, on an image x `[batch, 4, 4, 4]` behind a convolution. */
const CASES: Record<string, Build> = {
  Conv2D: (g, x) => g.conv('it', x, [1, 1, 4, 4]),
  DepthwiseConv2dNative: (g, x) =>
    g.op('DepthwiseConv2dNative', 'it', [x, g.floats('it/kernel', [3, 3, 4, 1])], CONVOLUTION),
  MatMul: (g, x) =>
    g.op('MatMul', 'it', [matrix(g, x), g.floats('it/kernel', [64, 4])], {
      transpose_a: a.b(false),
      transpose_b: a.b(false),
    }),
  BatchMatMul: (g, x) => g.op('BatchMatMul', 'it', [x, x]),
  BatchMatMulV2: (g, x) => g.op('BatchMatMulV2', 'it', [x, x]),
  BiasAdd: (g, x) => g.op('BiasAdd', 'it', [x, g.floats('it/bias', [4])]),
  FusedBatchNormV3: (g, x) => {
    const weights = ['gamma', 'beta', 'mean', 'variance'].map((name) =>
      g.floats(`it/${name}`, [4], { values: [1, 2, 3, 4] }),
    );
    return g.op('FusedBatchNormV3', 'it', [x, ...weights], { U: a.type(), epsilon: a.f(0.001) });
  },
  AvgPool: unary('AvgPool', window),
  MaxPool: unary('MaxPool', window),
  AddN: (g, x) => g.op('AddN', 'it', [x, x], { N: a.i(2) }),
  LeakyRelu: unary('LeakyRelu', { alpha: a.f(0.1) }),
  Softmax: (g, x) => g.op('Softmax', 'it', [matrix(g, x)]),
  Select: (g, x) => g.op('Select', 'it', [g.op('Greater', 'above', [x, g.op('Neg', 'less', [x])]), x, x]),
  SelectV2: (g, x) => g.op('SelectV2', 'it', [g.op('Greater', 'above', [x, g.floats('zero', [])]), x, x]),
  Reshape: withInts('Reshape', 'Tshape', [-1, 64]),
  Squeeze: (g, x) =>
    g.op(
      'Squeeze',
      'it',
      [g.op('Mean', 'mean', [x, int(g, 'axes', [1, 2])], { Tidx: a.type(T), keep_dims: a.b(true) })],
      {
        squeeze_dims: a.ints(1, 2),
      },
    ),
  ExpandDims: withInts('ExpandDims', 'Tdim', [1], []),
  Transpose: withInts('Transpose', 'Tperm', [0, 2, 1, 3]),
  Pad: withInts('Pad', 'Tpaddings', [0, 0, 1, 1, 1, 1, 0, 0], [4, 2]),
  PadV2: (g, x) =>
    g.op('PadV2', 'it', [x, int(g, 'pad', [0, 0, 1, 1, 1, 1, 0, 0], [4, 2]), g.floats('value', [])], {
      Tpaddings: a.type(T),
    }),
  MirrorPad: withInts('MirrorPad', 'Tpaddings', [0, 0, 1, 1, 1, 1, 0, 0], [4, 2], { mode: a.s('REFLECT') }),
  ConcatV2: (g, x) => g.op('ConcatV2', 'it', [x, x, int(g, 'axis', [3], [])], { N: a.i(2), Tidx: a.type(T) }),
  Pack: (g, x) => g.op('Pack', 'it', [x, x], { N: a.i(2), axis: a.i(1) }),
  Split: (g, x) => g.op('Split', 'it', [int(g, 'axis', [3], []), x], { num_split: a.i(2) }),
  SplitV: (g, x) =>
    g.op('SplitV', 'it', [x, int(g, 'sizes', [1, 3]), int(g, 'axis', [3], [])], {
      Tlen: a.type(T),
      num_split: a.i(2),
    }),
  Slice: (g, x) =>
    g.op('Slice', 'it', [x, int(g, 'begin', [0, 1, 1, 0]), int(g, 'size', [-1, 2, 2, 4])], {
      Index: a.type(T),
    }),
  StridedSlice: (g, x) =>
    g.op(
      'StridedSlice',
      'it',
      [x, int(g, 'begin', [0, 0, 0, 0]), int(g, 'end', [0, 2, 2, 0]), int(g, 'strides', [1, 1, 1, 1])],
      { Index: a.type(T), begin_mask: a.i(9), end_mask: a.i(9) },
    ),
  Tile: withInts('Tile', 'Tmultiples', [1, 2, 1, 1]),
  SpaceToDepth: unary('SpaceToDepth', { block_size: a.i(2) }),
  DepthToSpace: unary('DepthToSpace', { block_size: a.i(2) }),
  SpaceToBatchND: (g, x) =>
    g.op('SpaceToBatchND', 'it', [x, int(g, 'block', [2, 2]), int(g, 'pad', [0, 0, 0, 0], [2, 2])], {
      Tblock_shape: a.type(T),
      Tpaddings: a.type(T),
    }),
  BatchToSpaceND: (g, x) =>
    g.op('BatchToSpaceND', 'it', [x, int(g, 'block', [1, 1]), int(g, 'crops', [0, 0, 0, 0], [2, 2])], {
      Tblock_shape: a.type(T),
      Tcrops: a.type(T),
    }),
  ReverseV2: withInts('ReverseV2', 'Tidx', [1]),
  GatherV2: (g, x) =>
    g.op('GatherV2', 'it', [x, int(g, 'indices', [0, 2]), int(g, 'axis', [1], [])], {
      Tparams: a.type(),
      Tindices: a.type(T),
      Taxis: a.type(T),
    }),
  Einsum: (g, x) => g.op('Einsum', 'it', [x, x], { N: a.i(2), equation: a.s('abcd,abcd->abcd') }),
  Cast: unary('Cast', { SrcT: a.type(), DstT: a.type() }),
  ResizeBilinear: withInts('ResizeBilinear', 'unused', [8, 8], [2], { half_pixel_centers: a.b(true) }),
  ResizeNearestNeighbor: withInts('ResizeNearestNeighbor', 'unused', [8, 8], [2]),
  ...Object.fromEntries(
    ['Mean', 'Sum', 'Max', 'Min', 'Prod'].map((op) => [op, withInts(op, 'Tidx', [1, 2])]),
  ),
  ...Object.fromEntries(
    'Add AddV2 Sub Mul RealDiv Div Maximum Minimum SquaredDifference Pow'
      .split(' ')
      .map((op) => [op, binary(op)]),
  ),
  ...Object.fromEntries(
    'Relu Relu6 Selu Elu Sigmoid Tanh Softplus Softsign Neg Abs Square Sqrt Rsqrt Exp Log Log1p Expm1 Erf Reciprocal Identity'
      .split(' ')
      .map((op) => [op, unary(op)]),
  ),
};

function matrix(g: GraphBuilder, x: string): string {
  return g.op('Reshape', 'matrix', [x, g.ints('matrix/shape', [-1, 64])], { Tshape: a.type(T) });
}

/** The graph with what `build` adds, as it is: nothing is rewritten. */
function forwardOf(build: Build) {
  const g = new GraphBuilder();
  const x = g.conv('first', g.input('input', [-1, 4, 4, 3]), [1, 1, 3, 4]);
  const flat = g.op('Reshape', 'flat', [build(g, x), g.ints('flat/shape', [-1, 1])], { Tshape: a.type(T) });
  const nodes = g.nodes.map((node): GraphNode => {
    const tensor = g.tensors.get(node.name);
    if (!tensor) return node;
    if (node.name === 'first/kernel') return { ...node, attr: { ...node.attr, _trainable: { b: true } } };
    return constantNode(node.name, tensor as Parameters<typeof constantNode>[1]);
  });
  return buildForward(
    { class_name: 'Graph', config: { name: 'one operation', nodes, input: 'input', output: flat } },
    { training: true },
  );
}

describe('gradients flow', () => {
  const flowing = Object.keys(OPERATIONS).filter((op) => OPERATIONS[op]!.gradient === 'flows');

  test.each(flowing)('through %s', (op) => {
    const forward = forwardOf(CASES[op]!);
    const graph = new Graph();
    try {
      graph.import(forward.fragment);
      expect(graph.gradients([forward.logits], ['first/kernel'], 'slopes')).toHaveLength(1);
    } finally {
      graph.dispose();
    }
  });

  test.each(Object.keys(OPERATIONS).filter((op) => OPERATIONS[op]!.gradient === 'missing'))(
    'not through %s, which is named',
    (op) => {
      expect(() => forwardOf(unary(op))).toThrow(`node 'it' is a ${op}, which has no gradient`);
      expect(() => forwardOf(unary(op))).toThrow(
        "lies between 'first' and the logits. Cut the network before it (--from-layer NODE)",
      );
    },
  );
});

test('what is not taken over is refused, also what every object has', () => {
  expect(() => operationOf({ name: 'n', op: 'constructor' })).toThrow("Node 'n' is a constructor");
});
