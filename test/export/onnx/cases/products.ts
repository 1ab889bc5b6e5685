import { a, type GraphBuilder } from '../../../model/graph/graph-builder.js';
import { type Attributes, type Build, INT } from './builders.js';

const resize =
  (name: string, size: number[], attributes: Attributes): Build =>
  (g, x) =>
    g.op(name, 'it', [x, g.ints('size', size)], attributes);
const matrix = (g: GraphBuilder, x: string) =>
  g.op('Reshape', 'matrix', [x, g.ints('matrix/shape', [-1, 105])], { Tshape: INT });

/** The first 3 channels: of both kinds of x there are as many. */
const flat = (g: GraphBuilder, x: string) =>
  g.op('Slice', 'three', [x, g.ints('three/begin', [0, 0, 0, 0]), g.ints('three/size', [-1, 5, 7, 3])], {
    Index: INT,
  });

/** Products of matrices, and images of another size, of x `[batch, 5, 7, 3 or more]`. */
export const PRODUCTS: Record<string, Build> = {
  BatchMatMulV2: (g, x) => g.op('BatchMatMulV2', 'it', [x, x], { adj_y: a.b(true) }),
  'BatchMatMul, the first one turned': (g, x) => g.op('BatchMatMul', 'it', [x, x], { adj_x: a.b(true) }),
  Einsum: (g, x) =>
    g.op('Einsum', 'it', [x, g.floats('weights', [7, 6])], { equation: a.s('bhwc,wk->bkch'), N: a.i(2) }),
  MatMul: (g, x) => g.op('MatMul', 'it', [matrix(g, flat(g, x)), g.floats('kernel', [105, 4])]),
  'MatMul, the kernel turned': (g, x) =>
    g.op('MatMul', 'it', [matrix(g, flat(g, x)), g.floats('kernel', [4, 105])], { transpose_b: a.b(true) }),
  'MatMul with a bias': (g, x) =>
    g.op('BiasAdd', 'bias', [
      g.op('MatMul', 'it', [matrix(g, flat(g, x)), g.floats('kernel', [105, 4])]),
      g.floats('b', [4]),
    ]),
  ...Object.fromEntries(
    ['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((name) =>
      [
        [9, 4],
        [10, 14],
        [3, 3],
      ].flatMap((size) =>
        ['half_pixel_centers', 'align_corners', ''].map((how): [string, Build] => [
          `${name} to ${size}${how && `, ${how}`}`,
          resize(name, size, how ? { [how]: a.b(true) } : {}),
        ]),
      ),
    ),
  ),
};
