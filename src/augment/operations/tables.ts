import { attr, type Fragment, type Output } from '../../tensorflow/index.js';

/** Values of a channel. */
export const LEVELS = 256;

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
