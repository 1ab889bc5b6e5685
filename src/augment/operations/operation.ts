import type { Fragment, Output } from '../../tensorflow/index.js';

/** Images that an operation changes. */
export interface Rows {
  /** float32 `[n, height, width, 3]`, whole numbers in 0..255 */
  images: Output;
  /** In pixels. */
  height: number;
  width: number;
  /** int32 `[n]`: which operation is for which image, by its place in `OPERATION_NAMES` */
  operation: Output;
  /** float32 `[n]`: its strength, in the unit of the operation */
  magnitude: Output;
}

/** Operations that are done to all of their images at once. */
export interface Family<K extends string = string> {
  names: readonly K[];
  /**
   * @param among those of the family that there may be
   * @returns the images changed, whole numbers in 0..255 again
   */
  apply(f: Fragment, rows: Rows, among: readonly Numbered<K>[]): Output;
}

/** An operation with its number. */
export interface Numbered<K extends string = string> {
  name: K;
  id: number;
}

/**
 * For each image what its own operation gives.
 *
 * @param candidates what each operation gives for all of the images, `[n, ...]` of this rank
 */
export function chosenOf(
  f: Fragment,
  operation: Output,
  candidates: readonly { id: number; value: Output }[],
  rank: number,
): Output {
  const [first, ...rest] = candidates;
  return rest.reduce((others, { id, value }) => {
    const own = f.math('Equal', [operation, f.constant(Int32Array.of(id), [])], 'int32');
    const spread = f.reshape(own, [-1, ...Array(rank - 1).fill(1)], 'bool');
    return f.math('SelectV2', [spread, value, others]);
  }, first!.value);
}
