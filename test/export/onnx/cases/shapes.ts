import { a, type GraphBuilder } from '../../../model/graph/graph-builder.js';
import { type Build, INT, withInts } from './builders.js';

const strided =
  (begin: number[], end: number[], strides: number[], masks: Record<string, number>): Build =>
  (g, x) =>
    g.op('StridedSlice', 'it', [x, g.ints('begin', begin), g.ints('end', end), g.ints('strides', strides)], {
      Index: INT,
      ...Object.fromEntries(Object.entries(masks).map(([name, mask]) => [`${name}_mask`, a.i(mask)])),
    });

/** Operations that move elements, or go along axes, on x `[batch, 5, 7, channels]`. */
export const SHAPES: Record<string, Build> = {
  ...Object.fromEntries(
    ['Mean', 'Sum', 'Max', 'Min', 'Prod'].flatMap((name) =>
      [[1, 2], [-1], [1], [2, 3], [1, 2, 3]].flatMap((axes) =>
        [true, false].map((keep): [string, Build] => [
          `${name} along ${axes}${keep ? ', axes kept' : ''}`,
          withInts(name, axes, { keep_dims: a.b(keep) }),
        ]),
      ),
    ),
  ),
  'Mean along no axis': withInts('Mean', [], {}),
  'Reshape to rows': withInts('Reshape', [-1, 7], { Tshape: INT }),
  'Reshape to images': (g, x) =>
    g.op('AddV2', 'sum', [
      g.op('Reshape', 'it', [x, g.ints('shape', [-1, 7, 5, 1])], { Tshape: INT }),
      g.floats('b', [1]),
    ]),
  'Squeeze of what is pooled': (g, x) => {
    const mean = g.op('Mean', 'mean', [x, g.ints('axes', [1, 2])], { Tidx: INT, keep_dims: a.b(true) });
    return g.op('Squeeze', 'it', [mean], { squeeze_dims: a.ints(1, 2) });
  },
  'Squeeze of all that is 1': (g, x) =>
    g.op('Squeeze', 'it', [
      g.op('Mean', 'mean', [x, g.ints('axes', [2])], { Tidx: INT, keep_dims: a.b(true) }),
    ]),
  ExpandDims: withInts('ExpandDims', [-1], { Tdim: INT }, []),
  'Transpose of rows and columns': withInts('Transpose', [0, 2, 1, 3], { Tperm: INT }),
  'Transpose to channels first': withInts('Transpose', [0, 3, 1, 2], { Tperm: INT }),
  'Transpose there and back': (g, x) => {
    const first = g.op('Transpose', 'first', [x, g.ints('to', [0, 3, 1, 2])], { Tperm: INT });
    const relu = g.op('Relu', 'relu', [first]);
    return g.op('Transpose', 'it', [relu, g.ints('back', [0, 2, 3, 1])], { Tperm: INT });
  },
  Pad: withInts('Pad', [0, 0, 1, 2, 0, 3, 0, 1], { Tpaddings: INT }, [4, 2]),
  PadV2: (g, x) =>
    g.op(
      'PadV2',
      'it',
      [x, g.ints('amounts', [0, 0, 1, 2, 0, 3, 0, 0], [4, 2]), g.floats('value', [], { values: [-2] })],
      {
        Tpaddings: INT,
      },
    ),
  MirrorPad: withInts(
    'MirrorPad',
    [0, 0, 1, 2, 0, 3, 0, 0],
    { Tpaddings: INT, mode: a.s('REFLECT') },
    [4, 2],
  ),
  ...Object.fromEntries(
    [1, 2, 3, -1].map((axis) => [
      `ConcatV2 along ${axis}`,
      (g: GraphBuilder, x: string) =>
        g.op('ConcatV2', 'it', [x, g.op('Tanh', 'other', [x]), g.ints('axis', [axis], [])], {
          N: a.i(2),
          Tidx: INT,
        }),
    ]),
  ),
  Pack: (g, x) => g.op('Pack', 'it', [x, g.op('Tanh', 'other', [x])], { N: a.i(2), axis: a.i(1) }),
  'Pack behind the channels': (g, x) =>
    g.op('Pack', 'it', [x, g.op('Tanh', 'other', [x])], { N: a.i(2), axis: a.i(-1) }),
  Split: (g, x) => {
    const wide = g.op('ConcatV2', 'wide', [x, g.op('Tanh', 'other', [x]), g.ints('at', [3], [])], {
      N: a.i(2),
      Tidx: INT,
    });
    const parts = g.op('Split', 'it', [g.ints('axis', [3], []), wide], { num_split: a.i(2) });
    return g.op('Sub', 'difference', [`${parts}:1`, parts]);
  },
  SplitV: (g, x) => {
    const parts = g.op('SplitV', 'it', [x, g.ints('sizes', [4, -1]), g.ints('axis', [2], [])], {
      Tlen: INT,
      num_split: a.i(2),
    });
    return g.op('Neg', 'second', [`${parts}:1`]);
  },
  Slice: (g, x) =>
    g.op('Slice', 'it', [x, g.ints('begin', [0, 1, 2, 0]), g.ints('size', [-1, 3, -1, 2])], { Index: INT }),
  'StridedSlice, every second': strided([0, 1, 6, 0], [0, 5, 0, 0], [1, 2, -2, 1], { begin: 9, end: 9 }),
  'StridedSlice, one row, a new axis': strided([0, -2, 0, 0], [0, 0, 0, 2], [1, 1, 1, 1], {
    begin: 1,
    end: 1,
    shrink_axis: 2,
    new_axis: 4,
  }),
  'StridedSlice, the last channels': strided([0, 1], [0, 3], [1, 1], { ellipsis: 1 }),
  'StridedSlice backwards': strided([0, 0, 0, 0], [0, 0, 0, 0], [1, -1, 1, 1], { begin: 15, end: 15 }),
  ReverseV2: withInts('ReverseV2', [2, -1]),
  GatherV2: (g, x) =>
    g.op('GatherV2', 'it', [x, g.ints('places', [2, 0, 0]), g.ints('axis', [3], [])], {
      Tparams: a.type(),
      Tindices: INT,
      Taxis: INT,
    }),
  'GatherV2 of one': (g, x) =>
    g.op('GatherV2', 'it', [x, g.ints('place', [4], []), g.ints('axis', [1], [])], {
      Tparams: a.type(),
      Tindices: INT,
      Taxis: INT,
    }),
  Tile: withInts('Tile', [1, 2, 1, 3], { Tmultiples: INT }),
  'axes that are a range': (g, x) => {
    const rank = g.op('Rank', 'rank', [x]);
    const axes = g.op('Range', 'axes', [g.ints('from', [1], []), rank, g.ints('step', [1], [])], {
      Tidx: INT,
    });
    return g.op('Sum', 'it', [x, axes], { Tidx: INT });
  },
  'a size that is computed': (g, x) => {
    const pooled = g.op('Max', 'pooled', [x, g.ints('axes', [0, 1, 3])], { Tidx: INT });
    const size = g.op('Size', 'size', [pooled], { out_type: INT });
    const shape = g.op('Pack', 'shape', [g.ints('rest', [-1], []), size], { T: INT, N: a.i(2) });
    return g.op('AddV2', 'it', [g.op('Reshape', 'rows', [x, shape], { Tshape: INT }), pooled]);
  },
  'a shape that is computed': (g, x) => {
    const shape = g.op('Shape', 'shape', [x], { out_type: INT });
    const part = (name: string, at: number) =>
      g.op(
        'StridedSlice',
        name,
        [shape, g.ints(`${name}/b`, [at]), g.ints(`${name}/e`, [at + 1]), g.ints(`${name}/s`, [1])],
        {
          T: INT,
          Index: INT,
          shrink_axis_mask: a.i(1),
        },
      );
    const area = g.op('Mul', 'area', [part('height', 1), part('width', 2)], { T: INT });
    const target = g.op('Pack', 'target', [part('batch', 0), area, g.ints('rest', [-1], [])], {
      T: INT,
      N: a.i(3),
    });
    return g.op('Reshape', 'it', [x, target], { Tshape: INT });
  },
};
