import { attr, type Fragment, type Output } from '../tensorflow/index.js';
import { arithmetic } from './arithmetic.js';
import type { Draws } from './draws.js';

/** Boxes in whole pixels, float32 `[batch]` each. */
export interface Boxes {
  top: Output;
  left: Output;
  height: Output;
  width: Output;
  /** bool `[batch]`: whether one of the tries did fit. */
  found: Output;
}

/** Which boxes {@link randomBoxes} draws. */
export interface BoxesOptions {
  /** What the boxes lie in, in pixels. */
  height: number;
  width: number;
  /** Smallest and largest share of its area. */
  scale: readonly [number, number];
  /** Smallest and largest width / height. */
  ratio: readonly [number, number];
  draws: Draws;
  stream: number;
}

/** As often as torchvision and timm try. */
const TRIES = 10;

/**
 * Boxes of random area (uniform) and shape (its logarithm uniform) at a random place: for each image the first of ten
 * that lies within.
 */
export function randomBoxes(f: Fragment, options: BoxesOptions): Boxes {
  const { scale, ratio, draws, stream } = options;
  const { add, and, divide, exponential, floor, lessEqual, less, multiply, round, squareRoot, subtract } =
    arithmetic(f);
  const drawn = draws.uniform(stream, 4 * TRIES);
  // `[batch, TRIES]` each
  const part = (index: number) =>
    f.op('StridedSlice', [drawn, f.ints(0, index * TRIES), f.ints(0, (index + 1) * TRIES), f.ints(1, 1)], {
      T: attr.type('float32'),
      Index: attr.type('int32'),
      begin_mask: attr.int(1),
      end_mask: attr.int(1),
    });
  const between = (low: number, high: number, share: Output) => add(multiply(share, high - low), low);
  const area = multiply(between(...scale, part(0)), options.height * options.width);
  const shape = exponential(between(Math.log(ratio[0]), Math.log(ratio[1]), part(1)));
  const width = round(squareRoot(multiply(area, shape)));
  const height = round(squareRoot(divide(area, shape)));
  const fits = and(
    lessEqual(width, options.width),
    lessEqual(height, options.height),
    less(0, width),
    less(0, height),
  );
  const top = floor(multiply(part(2), add(subtract(options.height, height), 1)));
  const left = floor(multiply(part(3), add(subtract(options.width, width), 1)));
  const which = firstOf(f, fits);
  const chosen = (values: Output) => f.reduce('Sum', multiply(values, which), [1]);
  return {
    top: chosen(top),
    left: chosen(left),
    height: chosen(height),
    width: chosen(width),
    found: less(0, f.reduce('Sum', which, [1])),
  };
}

/** 1 at the first true of each row, 0 elsewhere: bool `[n, m]` to float32 `[n, m]`. */
function firstOf(f: Fragment, holds: Output): Output {
  const ones = f.cast(holds, 'bool', 'float32');
  const before = f.op('Cumsum', [ones, f.constant(Int32Array.of(1), [])], {
    T: attr.type('float32'),
    Tidx: attr.type('int32'),
    exclusive: attr.bool(true),
  });
  const { equal, multiply } = arithmetic(f);
  return multiply(ones, f.cast(equal(before, 0), 'bool', 'float32'));
}

/**
 * Where boxes lie, cut off at the border.
 *
 * @param box first row and column, and those after the last, float32 `[batch]` each
 * @returns bool `[batch, size, size, 1]`
 */
export function boxMask(
  f: Fragment,
  size: number,
  box: { top: Output; bottom: Output; left: Output; right: Output },
): Output {
  const { and, less, lessEqual, perImage } = arithmetic(f);
  const places = Float32Array.from({ length: size }, (_, i) => i);
  const [rows, columns] = [f.constant(places, [1, size, 1, 1]), f.constant(places, [1, 1, size, 1])];
  const within = (at: Output, from: Output, to: Output) =>
    and(lessEqual(perImage(from), at), less(at, perImage(to)));
  return and(within(rows, box.top, box.bottom), within(columns, box.left, box.right));
}
