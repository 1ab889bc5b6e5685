import { attr, type Fragment, type Output } from '../tensorflow/index.js';

/**
 * Uniform numbers in [0, 1) of a stateless generator: a function of run seed, step and layer, so both passes
 * of a SAM step draw the same masks, and a resumed run goes on as it would have.
 *
 * @param shape an int32 vector
 * @param position of the layer
 * @param draw another number gives other numbers to the same layer
 */
export function uniformOf(f: Fragment, shape: Output, position: number, draw = 0): Output {
  if (!f.has('seed')) f.input('seed', 'int64', [2]);
  // The layer goes into the upper half of the first word, whose lower half is the run's seed; the draw into the
  // upper half of the second, whose lower half is the step.
  const own = f.constant(BigInt64Array.of(BigInt(position + 1) << 32n, BigInt(draw) << 32n));
  const seed = f.math('AddV2', ['seed', own], 'int64');
  const drawn = f.op('StatelessRandomUniform', [shape, seed], {
    dtype: attr.type('float32'),
    T: attr.type('int32'),
    Tseed: attr.type('int64'),
  });
  // The generator has no gradient, and none is wanted.
  return f.math('StopGradient', [drawn]);
}
