import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { CONVERTERS } from '../../../src/export/onnx/operations/index.js';
import { OPERATIONS } from '../../../src/model/graph/operations.js';
import { a, GraphBuilder } from '../../model/graph/graph-builder.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { type Build, behindConvolution, INT, op, withInts } from './cases/builders.js';
import { BEHIND_CONVOLUTION, WINDOWS } from './cases/images.js';
import { POINTWISE } from './cases/pointwise.js';
import { PRODUCTS } from './cases/products.js';
import { SHAPES } from './cases/shapes.js';
import { compute, expectEqual } from './compute.js';

const { path: folder } = temporaryFolder();
/** On what comes in, and on images behind a convolution, which have their channels first. */
const ANYWHERE = { ...POINTWISE, ...SHAPES, ...PRODUCTS };
const ALL = { ...ANYWHERE, ...WINDOWS, ...BEHIND_CONVOLUTION };

describe('as TensorFlow computes it', () => {
  for (const [height, width] of [
    [8, 11],
    [9, 6],
  ] as [number, number][])
    test.each(Object.entries(WINDOWS))(`%s, images of ${height} x ${width}`, async (_, build) => {
      expectEqual(await compute(build, [height, width], folder));
    });

  test.each(Object.entries(ANYWHERE))('%s', async (_, build) => {
    expectEqual(await compute(build, [5, 7], folder));
    expectEqual(await compute(behindConvolution(build), [5, 7], folder));
  });

  test.each(Object.entries(BEHIND_CONVOLUTION))('%s', async (_, build) => {
    expectEqual(await compute(behindConvolution(build), [5, 7], folder));
  });

  test('every operation of the table is among these', () => {
    const tested = Object.values(ALL).flatMap((build) => {
      const g = new GraphBuilder();
      build(g, g.conv('before', g.input(), [1, 1, 3, 4]));
      return g.nodes.map(({ op }) => op);
    });
    expect(Object.keys(CONVERTERS).filter((name) => !tested.includes(name))).toEqual([]);
  });
});

test('of what graph models may hold these alone are refused', () => {
  const whole = 'Shape Size Rank Range'.split(' ');
  const known = new Set([...Object.keys(CONVERTERS), ...whole]);
  expect(Object.keys(OPERATIONS).filter((name) => !known.has(name))).toEqual([
    'Fill',
    'ZerosLike',
    'OnesLike',
  ]);
});

const ops = async (build: Build) =>
  (await compute(build, [5, 7], folder)).converted.nodes.map(({ op }) => op);

test('images are transposed once, and nothing is added for a shape that nobody needs', async () => {
  const twice: Build = (g, x) => {
    const stem = g.op('Relu', 'relu', [g.op('BiasAdd', 'biased', [x, g.floats('bias', [4])])]);
    const next = g.op('AddV2', 'sum', [g.conv('next', stem, [3, 3, 4, 4]), stem]);
    return BEHIND_CONVOLUTION['squeeze and excitation']!(g, next);
  };
  expect(await ops(behindConvolution(twice))).toEqual(
    // The last transposition is that of the output, which is images here.
    'Transpose Conv Relu Conv Add GlobalAveragePool Conv Sigmoid Mul Transpose'.split(' '),
  );
});

test.each<[string, Build, RegExp]>([
  [
    'what is not in the table',
    op('ZerosLike'),
    /'it' is a ZerosLike, which the export to ONNX does not know.*saved-model/,
  ],
  [
    'a mirror that repeats the border',
    withInts('MirrorPad', [0, 0, 1, 1, 1, 1, 0, 0], { Tpaddings: INT, mode: a.s('SYMMETRIC') }, [4, 2]),
    /'it' \(MirrorPad\) repeats the pixel at the border/,
  ],
  [
    'more images than came in',
    withInts('Tile', [2, 1, 1, 1], { Tmultiples: INT }),
    /'it' \(Tile\) repeats as often/,
  ],
  ['some of the images', withInts('ReverseV2', [0]), /'it' \(ReverseV2\) turns the order of the images/],
])('refused: %s', async (_, build, message) => {
  await expect(compute(build, [5, 7], folder)).rejects.toThrow(InputError);
  await expect(compute(build, [5, 7], folder)).rejects.toThrow(message);
});
