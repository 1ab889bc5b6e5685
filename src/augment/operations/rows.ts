import { attr, type Fragment, type Output } from '../../tensorflow/index.js';

/** Takes, of `[batch, ...]`, what belongs to the images that are changed. */
export type Pick = (values: Output, dtype?: 'float32' | 'int32') => Output;

/**
 * Changes some images of a batch and leaves the others: what a policy does to few costs little.
 *
 * @param images float32 `[batch, height, width, 3]`
 * @param chosen bool `[batch]`
 * @param change takes the chosen images, and gives them changed, of the same shape
 */
export function onRows(
  f: Fragment,
  images: Output,
  chosen: Output,
  change: (rows: Output, pick: Pick) => Output,
): Output {
  const int64 = attr.type('int64');
  const where = f.op('Where', [chosen], { T: attr.type('bool') });
  const indices = f.reshape(where, [-1], 'int64');
  const pick: Pick = (values, dtype = 'float32') =>
    f.op('GatherV2', [values, indices, f.constant(Int32Array.of(0), [])], {
      Tparams: attr.type(dtype),
      Tindices: int64,
      Taxis: attr.type('int32'),
    });
  return f.op('TensorScatterUpdate', [images, where, change(pick(images), pick)], {
    T: attr.type('float32'),
    Tindices: int64,
  });
}
