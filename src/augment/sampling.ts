import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { arithmetic } from './arithmetic.js';
import type { View } from './augmentation.js';

/** What is sampled. */
export interface SamplingOptions {
  dtype: 'uint8' | 'float32';
  height: number;
  width: number;
  /** Side of the images that go out, in pixels. */
  size: number;
  /** int32 scalar: number of images */
  count: Output;
  /** Reflected pixels that views may reach beyond the upper and lower, and the left and right end. */
  margin: readonly [number, number];
}

/** Reflected pixels beyond the margin, on each side. */
const RIM = 1;

/** The view of whole images. */
export function wholeView(f: Fragment, { height, width, count }: SamplingOptions): View {
  const dims = f.op('ExpandDims', [count, f.constant(Int32Array.of(0), [])], {
    T: attr.type('int32'),
    Tdim: attr.type('int32'),
  });
  const all = (value: number) =>
    f.op('Fill', [dims, f.scalar(value)], { T: attr.type('float32'), index_type: attr.type('int32') });
  return { top: all(0), bottom: all(height), left: all(0), right: all(width) };
}

/**
 * Takes the pixels of views that are as large as the images and at whole pixels, mirrored or not; beyond the ends the
 * image is reflected.
 *
 * @param images `[batch, height, width, 3]`
 * @returns the same shape and element type
 */
export function gatherViews(f: Fragment, images: Output, view: View, options: SamplingOptions): Output {
  const { dtype, height, width, count } = options;
  const { add, floor, less, lessEqual, multiply, negative, perImage, select, subtract } = arithmetic(f);
  const int = attr.type('int32');
  const scalar = (value: number) => f.constant(Int32Array.of(value), []);
  /** int32 `[batch, side]`: which row or column each of the result is. */
  const places = (from: Output, to: Output, side: number): Output => {
    const shares = f.constant(
      Float32Array.from({ length: side }, (_, i) => (i + 0.5) / side),
      [1, side],
    );
    const ends = [perImage(from, 2), perImage(to, 2)] as const;
    const place = floor(add(ends[0], multiply(subtract(ends[1], ends[0]), shares)));
    const before = select(less(place, 0), negative(add(place, 1)), place);
    const within = select(lessEqual(side, before), subtract(2 * side - 1, before), before);
    return f.cast(within, 'float32', 'int32');
  };
  const sum = (a: Output, b: Output) => f.math('AddV2', [a, b], 'int32');
  const times = (a: Output, factor: number) => f.math('Mul', [a, scalar(factor)], 'int32');
  const shaped = (a: Output, ...shape: number[]) => f.reshape(a, shape, 'int32');
  const image = f.op('Range', [scalar(0), count, scalar(1)], { Tidx: int });
  const rows = sum(times(shaped(image, -1, 1), height), places(view.top, view.bottom, height));
  const columns = places(view.left, view.right, width);
  const pixels = sum(shaped(times(rows, width), -1, height, 1), shaped(columns, -1, 1, width));
  return f.op('GatherV2', [f.reshape(images, [-1, 3], dtype), pixels, scalar(0)], {
    Tparams: attr.type(dtype),
    Tindices: int,
    Taxis: int,
  });
}

/**
 * Samples each image once, bilinear with half-pixel centres, so that its view fills the result.
 *
 * @param images `[batch, height, width, channels]`
 * @returns float32 `[batch, size, size, channels]`
 */
export function sampleViews(f: Fragment, images: Output, view: View, options: SamplingOptions): Output {
  const { dtype, height, width, size, count, margin } = options;
  const { add, columns, multiply, subtract } = arithmetic(f);
  const int = attr.type('int32');
  // CropAndResize gives black outside: samples lie up to half a pixel there where the image is enlarged, and a
  // rounding error there where it is not.
  const [padY, padX] = [margin[0] + RIM, margin[1] + RIM];
  const pads = f.constant(Int32Array.of(0, 0, padY, padY, padX, padX, 0, 0), [4, 2]);
  const padded = f.op('MirrorPad', [images, pads], {
    T: attr.type(dtype),
    Tpaddings: int,
    mode: attr.string('SYMMETRIC'),
  });
  /** First and last sampled place along one side, as CropAndResize counts: shares of the last index. */
  const ends = (from: Output, to: Output, side: number, pad: number): [Output, Output] => {
    const inset = multiply(subtract(to, from), 0.5 / size);
    const place = (edge: Output) => multiply(add(edge, pad - 0.5), 1 / (side + 2 * pad - 1));
    return [place(add(from, inset)), place(subtract(to, inset))];
  };
  const [top, bottom] = ends(view.top, view.bottom, height, padY);
  const [left, right] = ends(view.left, view.right, width, padX);
  const [zero, one] = [f.constant(Int32Array.of(0), []), f.constant(Int32Array.of(1), [])];
  const indices = f.op('Range', [zero, count, one], { Tidx: int });
  return f.op('CropAndResize', [padded, columns([top, left, bottom, right]), indices, f.ints(size, size)], {
    T: attr.type(dtype),
    method: attr.string('bilinear'),
  });
}
