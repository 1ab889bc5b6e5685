import { attr, type Fragment, type Output } from '../tensorflow/index.js';

export interface GeometryOptions {
  /** Size of the images that come in, in pixels. */
  height: number;
  width: number;
  /** Side of the images that go out, in pixels. */
  size: number;
  /** Mirror an image left to right, every other time. */
  flip: boolean;
  /** Pad by an eighth of the size, reflected, and cut out the original size at a random place. */
  crop: boolean;
  /** int64 `[2]` that is this augmentation's own in this step. */
  seed: Output;
}

/** The share of the size that a padded crop may move by: 4 of 32 pixels, as is usual for CIFAR. */
const CROP_SHARE = 1 / 8;
/** Reflected pixels beyond that, on each side. */
const RIM = 1;

/**
 * Flip, padded crop and resize in one sampling of each image, bilinear with half-pixel centres; what is not
 * asked for is left out, so that without flip and crop this is a plain resize.
 *
 * @param images uint8 `[batch, height, width, channels]`
 * @returns float32 `[batch, size, size, channels]`, values in 0..255
 */
export function augmentGeometry(f: Fragment, images: Output, options: GeometryOptions): Output {
  const { height, width, size, flip, crop, seed } = options;
  const float = attr.type('float32');
  const int = attr.type('int32');
  const shape = f.op('Shape', [images], { T: attr.type('uint8'), out_type: int });
  const batch = f.op('StridedSlice', [shape, f.ints(0), f.ints(1), f.ints(1)], {
    T: int,
    Index: int,
    shrink_axis_mask: attr.int(1),
  });
  const perImage = f.op('Pack', [batch, f.constant(Int32Array.of(3), [])], {
    T: int,
    N: attr.int(2),
    axis: attr.int(0),
  });
  // Uniform in [0, 1): one row an image, columns for y, x and the flip.
  const draws = f.op('StatelessRandomUniform', [perImage, seed], {
    dtype: float,
    T: int,
    Tseed: attr.type('int64'),
  });
  const column = (index: number) =>
    f.op('StridedSlice', [draws, f.ints(0, index), f.ints(0, index + 1), f.ints(1, 1)], {
      T: float,
      Index: int,
      begin_mask: attr.int(1),
      end_mask: attr.int(1),
      shrink_axis_mask: attr.int(2),
    });

  const margin = (side: number) => (crop ? Math.max(1, Math.round(side * CROP_SHARE)) : 0);
  const [marginY, marginX] = [margin(height), margin(width)];
  // CropAndResize gives black outside: samples lie up to half a pixel there where the image is enlarged, and a
  // rounding error there where it is not.
  const [padY, padX] = [marginY + RIM, marginX + RIM];
  const pads = f.constant(Int32Array.of(0, 0, padY, padY, padX, padX, 0, 0), [4, 2]);
  const padded = f.op('MirrorPad', [images, pads], {
    T: attr.type('uint8'),
    Tpaddings: int,
    mode: attr.string('SYMMETRIC'),
  });

  /** First and last sampled place along one side, as CropAndResize counts: shares of the last index. */
  const ends = (side: number, pad: number, around: number, draw: Output): [Output, Output] => {
    const last = side + 2 * pad - 1;
    const step = side / size;
    // A whole number of pixels from -around to around.
    const places = f.math('Floor', [f.math('Mul', [draw, f.scalar(2 * around + 1)])]);
    const offset = f.math('AddV2', [places, f.scalar(pad - around)]);
    const place = (sample: number) =>
      f.math('Mul', [f.math('AddV2', [offset, f.scalar((sample + 0.5) * step - 0.5)]), f.scalar(1 / last)]);
    return [place(0), place(size - 1)];
  };
  const [top, bottom] = ends(height, padY, marginY, column(0));
  const [left, right] = ends(width, padX, marginX, column(1));
  let [from, to] = [left, right];
  if (flip) {
    // Sampled from right to left.
    const mirrored = f.op('Less', [column(2), f.scalar(0.5)], { T: float });
    from = f.math('SelectV2', [mirrored, right, left]);
    to = f.math('SelectV2', [mirrored, left, right]);
  }
  const boxes = f.op('Pack', [top, from, bottom, to], { T: float, N: attr.int(4), axis: attr.int(1) });
  const indices = f.op('Range', [f.constant(Int32Array.of(0), []), batch, f.constant(Int32Array.of(1), [])], {
    Tidx: int,
  });
  return f.op('CropAndResize', [padded, boxes, indices, f.ints(size, size)], {
    T: attr.type('uint8'),
    method: attr.string('bilinear'),
  });
}
