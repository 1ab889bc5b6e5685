import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import { chosenOf, type Family } from './operation.js';
import { allLevels, LEVELS, throughTables } from './tables.js';

interface Statistics {
  /** float32 `[n, 3, LEVELS]`: pixels of each level */
  histogram: Output;
  /** float32 `[LEVELS]`: 0..255 */
  levels: Output;
  pixels: number;
  /** float32 `[n, 1, 1]` */
  magnitude: Output;
}

/** What each level becomes: `[n, 3, LEVELS]`, or `[n, 1, LEVELS]` where the channels have it in common. */
type Curve = (f: Fragment, statistics: Statistics) => Output;

const CURVES = {
  /** No magnitude. The lowest level of a channel becomes 0, the highest 255. */
  'auto-contrast'(f, { histogram, levels }) {
    const { divide, floor, less, maximum, multiply, select, subtract, clip } = arithmetic(f);
    const present = less(0, histogram);
    const lowest = f.reduce('Min', select(present, levels, LEVELS), [2], { keepDims: true });
    const highest = f.reduce('Max', select(present, levels, -1), [2], { keepDims: true });
    const range = subtract(highest, lowest);
    const stretched = floor(divide(multiply(subtract(levels, lowest), LEVELS - 1), maximum(range, 1)));
    return select(less(0, range), clip(stretched, 0, LEVELS - 1), levels);
  },
  /** No magnitude. Levels spread so that the ranks of pixels grow evenly, in Pillow's whole-number steps. */
  equalize(f, { histogram, levels, pixels }) {
    const { add, clip, divide, equal, floor, less, maximum, multiply, select, subtract } = arithmetic(f);
    const highest = f.reduce('Max', select(less(0, histogram), levels, -1), [2], { keepDims: true });
    const last = f.reduce('Sum', select(equal(levels, highest), histogram, 0), [2], { keepDims: true });
    const step = floor(divide(subtract(pixels, last), LEVELS - 1));
    const below = f.op('Cumsum', [histogram, f.constant(Int32Array.of(2), [])], {
      T: attr.type('float32'),
      Tidx: attr.type('int32'),
      exclusive: attr.bool(true),
    });
    const ranks = floor(divide(add(below, floor(multiply(step, 0.5))), maximum(step, 1)));
    return select(less(0, step), clip(ranks, 0, LEVELS - 1), levels);
  },
} satisfies Record<string, Curve>;

type HistogramOperation = keyof typeof CURVES;

/** Operations that change each value by what values the image has. */
export const histogram: Family<HistogramOperation> = {
  names: Object.keys(CURVES) as HistogramOperation[],
  apply(f, { images, operation, magnitude, height, width }, among) {
    const channels = f.ints(0, LEVELS, 2 * LEVELS);
    const indices = f.math('AddV2', [f.cast(images, 'float32', 'int32'), channels], 'int32');
    const statistics = {
      histogram: count(f, indices, height * width),
      levels: allLevels(f),
      pixels: height * width,
      magnitude: f.reshape(magnitude, [-1, 1, 1]),
    };
    const candidates = among.map(({ name, id }) => ({ id, value: CURVES[name](f, statistics) }));
    return throughTables(f, indices, chosenOf(f, operation, candidates, 3), 3 * LEVELS);
  },
};

function count(f: Fragment, indices: Output, pixels: number): Output {
  const counts = f.op(
    'DenseBincount',
    [
      f.reshape(indices, [-1, 3 * pixels], 'int32'),
      f.constant(Int32Array.of(3 * LEVELS), []),
      f.constant(new Float32Array(), [0]),
    ],
    { Tidx: attr.type('int32'), T: attr.type('float32'), binary_output: attr.bool(false) },
  );
  return f.reshape(counts, [-1, 3, LEVELS]);
}
