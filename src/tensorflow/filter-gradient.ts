import { Fragment, type Output } from './fragment.js';
import { attr } from './proto.js';

/** One side of the images that a filter moves along. */
export interface Side {
  /** Pixels of the image. */
  size: number;
  /** Places of the filter. */
  places: number;
  /** Taps of the filter. */
  taps: number;
  stride: number;
  /** Zeros in front of the image. */
  before: number;
}

/** A depthwise convolution, by its sizes. */
export interface Window {
  rows: Side;
  columns: Side;
  channels: number;
}

/** Names in the fragment of {@link filterGradients}, of the filter of that number. */
export const FILTER_GRADIENTS = {
  input: (i: number) => `input${i}`,
  gradient: (i: number) => `gradient${i}`,
  filter: (i: number) => `filter${i}`,
} as const;

/** The widest filter that oneDNN has a quick routine for. */
export const QUICK_WIDTH = 3;

const T = { T: attr.type('float32') };

/**
 * The gradients of depthwise convolutions' filters, float32 `[taps down, taps across, channels, 1]` each, from the convolution's
 * input `[batch, height, width, channels]` and the gradient of its output: computed of columns of at most {@link QUICK_WIDTH}
 * taps, without those that never meet a pixel, on images with their border around them.
 */
export function filterGradients(windows: readonly Window[]): Fragment {
  const f = new Fragment();
  for (const [i, window] of windows.entries()) {
    const { rows, columns, channels } = window;
    const input = f.input(FILTER_GRADIENTS.input(i), 'float32', [-1, rows.size, columns.size, channels]);
    const places = [-1, rows.places, columns.places, channels];
    const gradient = f.input(FILTER_GRADIENTS.gradient(i), 'float32', places);
    f.identity(filterGradient(f, window, input, gradient), FILTER_GRADIENTS.filter(i));
  }
  return f;
}

function filterGradient(
  f: Fragment,
  { rows, columns, channels }: Window,
  input: Output,
  gradient: Output,
): Output {
  const down = reached(rows);
  const across = reached(columns);
  // The copies of the images would be there from the forward pass on: they wait for the gradient. Order hangs on a node of the
  // fragment, since a bound parameter gives up its place for data alone.
  const arrived = f.op('Shape', [gradient], { ...T, out_type: attr.type('int32') });
  const parts = divided(across).map((part) => {
    const sizes = f.ints(down.end - down.begin, part.end - part.begin, channels, 1);
    const window = cut(f, input, [spanOf(rows, down), spanOf(columns, part)], arrived);
    return f.op('DepthwiseConv2dNativeBackpropFilter', [window, sizes, gradient], {
      ...T,
      strides: attr.ints([1, rows.stride, columns.stride, 1]),
      dilations: attr.ints([1, 1, 1, 1]),
      padding: attr.string('VALID'),
      data_format: attr.string('NHWC'),
    });
  });
  const pads = [down.begin, rows.taps - down.end, across.begin, columns.taps - across.end, 0, 0, 0, 0];
  return pad(f, sideBySide(f, parts), pads);
}

function sideBySide(f: Fragment, parts: readonly Output[]): Output {
  if (parts.length === 1) return parts[0]!;
  const attributes = { ...T, N: attr.int(parts.length), Tidx: attr.type('int32') };
  return f.op('ConcatV2', [...parts, f.constant(Int32Array.of(1), [])], attributes);
}

interface Range {
  begin: number;
  end: number;
}

/** The taps that meet a pixel at any place. */
function reached({ size, places, taps, stride, before }: Side): Range {
  const meets = (tap: number) =>
    Array.from({ length: places }, (_, place) => place * stride + tap - before).some(
      (pixel) => pixel >= 0 && pixel < size,
    );
  const all = Array.from({ length: taps }, (_, tap) => tap).filter(meets);
  return { begin: all[0] ?? 0, end: (all.at(-1) ?? 0) + 1 };
}

/** A range in as few parts as may be, about equal. */
function divided({ begin, end }: Range): Range[] {
  const count = Math.ceil((end - begin) / QUICK_WIDTH);
  const edge = (i: number) => begin + Math.ceil((i * (end - begin)) / count);
  return Array.from({ length: count }, (_, i) => ({ begin: edge(i), end: edge(i + 1) }));
}

interface Span extends Range {
  size: number;
}

/** The pixels that some taps see, all places taken together; those outside of the image are zeros. */
function spanOf({ size, places, stride, before }: Side, { begin, end }: Range): Span {
  return { size, begin: begin - before, end: (places - 1) * stride + end - before };
}

/** The part of images that is seen, copied only after a node. */
function cut(f: Fragment, images: Output, spans: readonly [Span, Span], after: Output): Output {
  const inner = spans.map(({ size, begin, end }) => [Math.max(0, begin), Math.min(size, end)] as const);
  const isWhole = spans.every(({ size }, i) => inner[i]![0] === 0 && inner[i]![1] === size);
  const [[top, bottom], [left, right]] = inner as [readonly [number, number], readonly [number, number]];
  const kept = isWhole
    ? images
    : f.op(
        'Slice',
        [images, f.ints(0, top, left, 0), f.ints(-1, bottom - top, right - left, -1), `^${after}`],
        { ...T, Index: attr.type('int32') },
      );
  const pads = spans.flatMap(({ size, begin, end }) => [Math.max(0, -begin), Math.max(0, end - size)]);
  return pad(f, kept, [0, 0, ...pads, 0, 0], [`^${after}`]);
}

function pad(f: Fragment, x: Output, pads: readonly number[], after: readonly Output[] = []): Output {
  if (pads.every((each) => each === 0)) return x;
  const inputs = [x, f.constant(Int32Array.from(pads), [4, 2]), ...after];
  return f.op('Pad', inputs, { ...T, Tpaddings: attr.type('int32') });
}
