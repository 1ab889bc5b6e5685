import type { Fragment, Output } from '../tensorflow/index.js';
import { FLOAT } from './optimizer.js';

/**
 * `x` where `open` holds, else a dead output: TensorFlow then runs nothing that takes it, directly or at some
 * remove, so nothing is written, not even the same value.
 *
 * @param open boolean scalar
 */
export function gated(f: Fragment, x: Output, open: Output): Output {
  return `${f.op('Switch', [x, open], FLOAT)}:1`;
}
