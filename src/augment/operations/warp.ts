import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import { chosenOf, type Family, type Rows } from './operation.js';

/** What the policies put where there is no image: the grey of AutoAugment's own code for ImageNet. */
export const GREY = 128;

/**
 * Where the pixel (x, y) of the result is taken from: (a x + b y + c, d x + e y + f) in pixel indices, as float32
 * `[n, 6]`. Shears keep the upper left corner in its place, as the published policies do.
 */
type Transform = (f: Fragment, rows: Rows) => Output;

const affine = (f: Fragment, { magnitude }: Rows, parts: readonly (Output | number)[]): Output => {
  const { add, columns, multiply } = arithmetic(f);
  const none = multiply(magnitude, 0);
  return columns(parts.map((part) => (typeof part === 'number' ? add(none, part) : part)));
};

const TRANSFORMS = {
  /** Pixels across a pixel down. */
  'shear-x': (f, rows) => affine(f, rows, [1, rows.magnitude, half(f, rows.magnitude), 0, 1, 0]),
  /** Pixels down a pixel across. */
  'shear-y': (f, rows) => affine(f, rows, [1, 0, 0, rows.magnitude, 1, half(f, rows.magnitude)]),
  /** Pixels to the right. */
  'translate-x': (f, rows) => affine(f, rows, [1, 0, negative(f, rows.magnitude), 0, 1, 0]),
  /** Pixels downwards. */
  'translate-y': (f, rows) => affine(f, rows, [1, 0, 0, 0, 1, negative(f, rows.magnitude)]),
  /** Degrees, counter-clockwise, about the centre. */
  rotate(f, rows) {
    const { add, cosine, multiply, sine, subtract } = arithmetic(f);
    const angle = multiply(rows.magnitude, Math.PI / 180);
    const [cos, sin] = [cosine(angle), sine(angle)];
    const [x, y] = [(rows.width - 1) / 2, (rows.height - 1) / 2];
    // The centre stays where it is.
    const across = subtract(x, subtract(multiply(cos, x), multiply(sin, y)));
    const down = subtract(y, add(multiply(sin, x), multiply(cos, y)));
    return affine(f, rows, [cos, negative(f, sin), across, sin, cos, down]);
  },
} satisfies Record<string, Transform>;

// Pillow's shears count from the corners of pixels, not from their centres.
const half = (f: Fragment, x: Output) => arithmetic(f).multiply(x, 0.5);
const negative = (f: Fragment, x: Output) => arithmetic(f).negative(x);

type Warp = keyof typeof TRANSFORMS;

/** Operations that move pixels, bilinear; what comes from outside is grey. */
export const warp: Family<Warp> = {
  names: Object.keys(TRANSFORMS) as Warp[],
  apply(f, rows, among) {
    const { columns, round, multiply } = arithmetic(f);
    const candidates = among.map(({ name, id }) => ({ id, value: TRANSFORMS[name](f, rows) }));
    const transforms = chosenOf(f, rows.operation, candidates, 2);
    const none = multiply(rows.magnitude, 0);
    const projective = f.op(
      'ConcatV2',
      [transforms, columns([none, none]), f.constant(Int32Array.of(1), [])],
      {
        T: attr.type('float32'),
        N: attr.int(2),
        Tidx: attr.type('int32'),
      },
    );
    const warped = f.op(
      'ImageProjectiveTransformV3',
      [rows.images, projective, f.ints(rows.height, rows.width), f.scalar(GREY)],
      {
        dtype: attr.type('float32'),
        interpolation: attr.string('BILINEAR'),
        fill_mode: attr.string('CONSTANT'),
      },
    );
    return round(warped);
  },
};
