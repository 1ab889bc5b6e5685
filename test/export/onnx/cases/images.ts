import { a } from '../../../model/graph/graph-builder.js';
import { type Attributes, type Build, INT, op } from './builders.js';

const pool = (kernel: number, stride: number, padding: string): Attributes => ({
  ksize: a.ints(1, kernel, kernel, 1),
  strides: a.ints(1, stride, stride, 1),
  padding: a.s(padding),
});
const convolution = (
  stride: number,
  padding: string,
  { dilation = 1, explicit = [] as number[] } = {},
): Attributes => ({
  strides: a.ints(1, stride, stride, 1),
  dilations: a.ints(1, dilation, dilation, 1),
  padding: a.s(padding),
  ...(explicit.length > 0 && { explicit_paddings: a.ints(0, 0, ...explicit, 0, 0) }),
});
const conv =
  (kernel: number[], attributes: Attributes): Build =>
  (g, x) =>
    g.op('Conv2D', 'it', [x, g.floats('kernel', kernel)], attributes);
const depthwise =
  (kernel: number[], attributes: Attributes): Build =>
  (g, x) =>
    g.op('DepthwiseConv2dNative', 'it', [x, g.floats('kernel', kernel)], attributes);

/** Windows that move over x `[batch, height, width, 3]`. */
export const WINDOWS: Record<string, Build> = {
  ...Object.fromEntries(
    [1, 2, 3].flatMap((stride) =>
      ['SAME', 'VALID'].flatMap((padding) =>
        [1, 2, 3, 5].flatMap((kernel): [string, Build][] => [
          [
            `Conv2D ${kernel} x ${kernel}, stride ${stride}, ${padding}`,
            conv([kernel, kernel, 3, 4], convolution(stride, padding)),
          ],
          [
            `DepthwiseConv2dNative ${kernel} x ${kernel}, stride ${stride}, ${padding}`,
            depthwise([kernel, kernel, 3, 1], convolution(stride, padding)),
          ],
          [`MaxPool ${kernel}, stride ${stride}, ${padding}`, op('MaxPool', pool(kernel, stride, padding))],
          [`AvgPool ${kernel}, stride ${stride}, ${padding}`, op('AvgPool', pool(kernel, stride, padding))],
        ]),
      ),
    ),
  ),
  'Conv2D, kernel 3 x 2': conv([3, 2, 3, 4], convolution(2, 'SAME')),
  'Conv2D with dilation': conv([3, 3, 3, 4], convolution(1, 'SAME', { dilation: 2 })),
  'Conv2D with explicit padding': conv([3, 3, 3, 4], convolution(2, 'EXPLICIT', { explicit: [0, 1, 2, 0] })),
  'DepthwiseConv2dNative with a multiplier': depthwise([3, 3, 3, 2], convolution(2, 'SAME')),
  'DepthwiseConv2dNative with dilation': depthwise([3, 3, 3, 1], convolution(1, 'SAME', { dilation: 2 })),
};

/** On x `[batch, 5, 7, 4]` behind a convolution. */
export const BEHIND_CONVOLUTION: Record<string, Build> = {
  FusedBatchNormV3: (g, x) => {
    const weights = ['gamma', 'beta', 'mean'].map((name) => g.floats(name, [4]));
    const variance = g.floats('variance', [4], { values: [1, 0.2, 3, 0.01] });
    return g.op('FusedBatchNormV3', 'it', [x, ...weights, variance], {
      U: a.type(),
      epsilon: a.f(0.01),
      is_training: a.b(false),
    });
  },
  'BiasAdd on a convolution': (g, x) => g.op('BiasAdd', 'it', [x, g.floats('bias', [4])]),
  'BiasAdd on a convolution that is taken twice': (g, x) =>
    g.op('Mul', 'product', [g.op('BiasAdd', 'it', [x, g.floats('bias', [4])]), x]),
  'Conv2D in groups': conv([3, 3, 2, 6], convolution(1, 'SAME')),
  'Conv2D with a kernel that is computed': (g, x) =>
    g.op(
      'Conv2D',
      'it',
      [x, g.op('Mul', 'scaled', [g.floats('kernel', [3, 3, 4, 5]), g.floats('scale', [5])])],
      convolution(1, 'SAME'),
    ),
  'SpaceToDepth, DepthToSpace': (g, x) => {
    const even = g.op('Slice', 'even', [x, g.ints('begin', [0, 0, 0, 0]), g.ints('size', [-1, 4, 6, 4])], {
      Index: INT,
    });
    const deep = g.op('Mul', 'scaled', [
      g.op('SpaceToDepth', 'deep', [even], { block_size: a.i(2) }),
      g.floats('scale', [16]),
    ]);
    return g.op('DepthToSpace', 'it', [deep], { block_size: a.i(2) });
  },
  'SpaceToBatchND, BatchToSpaceND around a convolution': (g, x) => {
    const types = { Tblock_shape: INT, Tpaddings: INT, Tcrops: INT };
    const block = g.ints('block', [2, 3]);
    const parts = g.op(
      'SpaceToBatchND',
      'parts',
      [x, block, g.ints('paddings', [1, 2, 1, 4], [2, 2])],
      types,
    );
    const found = depthwise([2, 2, 4, 1], convolution(1, 'VALID'))(g, parts);
    return g.op('BatchToSpaceND', 'whole', [found, block, g.ints('crops', [0, 1, 2, 0], [2, 2])], types);
  },
  'squeeze and excitation': (g, x) => {
    const mean = g.op('Mean', 'mean', [x, g.ints('axes', [1, 2])], { Tidx: INT });
    const pixel = g.op('Reshape', 'pixel', [mean, g.ints('shape', [-1, 1, 1, 4])], { Tshape: INT });
    const gate = g.op('Sigmoid', 'gate', [g.conv('reduce', pixel, [1, 1, 4, 4])]);
    return g.op('Mul', 'it', [x, gate]);
  },
};
