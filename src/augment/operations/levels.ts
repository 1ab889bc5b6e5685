import { attr, type Fragment, type Output } from '../../tensorflow/index.js';
import { arithmetic } from '../arithmetic.js';
import { chosenOf, type Family } from './operation.js';

/** Values of a channel. */
export const LEVELS = 256;

/** What each of the levels 0..255 becomes, by one magnitude an image: `[n, 1]` to `[n, LEVELS]`. */
type Curve = (f: Fragment, levels: Output, magnitude: Output) => Output;

const CURVES = {
  /** Bits that are kept, 0 to 8. */
  posterize(f, levels, magnitude) {
    const { divide, floor, multiply, power, round, subtract } = arithmetic(f);
    const step = round(power(2, subtract(8, magnitude)));
    return multiply(floor(divide(levels, step)), step);
  },
  /** Lowest level that is inverted. */
  solarize(f, levels, magnitude) {
    const { less, select, subtract } = arithmetic(f);
    return select(less(levels, magnitude), levels, subtract(LEVELS - 1, levels));
  },
  /** No magnitude. */
  invert(f, levels, magnitude) {
    const { add, multiply, subtract } = arithmetic(f);
    return add(subtract(LEVELS - 1, levels), multiply(magnitude, 0));
  },
} satisfies Record<string, Curve>;

type LevelOperation = keyof typeof CURVES;

/** Operations that change each value by itself, the same way in all channels. */
export const levels: Family<LevelOperation> = {
  names: Object.keys(CURVES) as LevelOperation[],
  apply(f, { images, operation, magnitude }, among) {
    const column = f.reshape(magnitude, [-1, 1]);
    const candidates = among.map(({ name, id }) => ({ id, value: CURVES[name](f, allLevels(f), column) }));
    const tables = chosenOf(f, operation, candidates, 2);
    return throughTables(f, f.cast(images, 'float32', 'int32'), tables, LEVELS);
  },
};

/** 0..255, float32 `[LEVELS]`. */
export function allLevels(f: Fragment): Output {
  const [from, to, by] = [0, LEVELS, 1].map((value) => f.scalar(value));
  return f.op('Range', [from!, to!, by!], { Tidx: attr.type('float32') });
}

/**
 * Replaces values by what a table of the image's own holds for them.
 *
 * @param indices int32 `[n, height, width, 3]`, places in a table
 * @param tables float32 `[n, ...]`, `length` values an image
 */
export function throughTables(f: Fragment, indices: Output, tables: Output, length: number): Output {
  const int = attr.type('int32');
  const scalar = (value: number) => f.constant(Int32Array.of(value), []);
  const flat = f.reshape(tables, [-1]);
  const size = f.op('Size', [flat], { T: attr.type('float32'), out_type: int });
  const starts = f.op('Range', [scalar(0), size, scalar(length)], { Tidx: int });
  const places = f.math('AddV2', [indices, f.reshape(starts, [-1, 1, 1, 1], 'int32')], 'int32');
  return f.op('GatherV2', [flat, places, scalar(0)], {
    Tparams: attr.type('float32'),
    Tindices: int,
    Taxis: int,
  });
}
