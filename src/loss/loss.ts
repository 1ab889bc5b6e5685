import type { NamedRow } from '../named.js';
import type { Fragment, Output } from '../tensorflow/index.js';

/** What a loss is made of. */
export interface LossCall {
  f: Fragment;
  /** z, float32 `[batch, classes]` */
  logits: Output;
  /** t, target distributions, float32 `[batch, classes]`: smoothed and mixed already. No gradient is wanted of them. */
  targets: Output;
  classes: number;
  /** Its numbers, in the order of the row. */
  parameters: readonly number[];
}

/**
 * A loss: one row of `LOSSES`. Each is linear in its targets: the expectation, over the target distribution, of the loss
 * for one class; so mixed targets give mixed losses. With p = softmax(z), values and gradients are finite for logits in
 * +-1e4 and targets of 0.
 */
export interface Loss extends NamedRow {
  /** @returns the loss of each example, float32 `[batch]` */
  add(call: LossCall): Output;
}

/** log p, float32 `[batch, classes]`: never -infinity for finite logits, so that 0 log p is 0. */
export function logSoftmax(f: Fragment, logits: Output): Output {
  return f.math('LogSoftmax', [logits]);
}

/** The expectation of a quantity of each class, `[batch, classes]`, under distributions of the same shape: `[batch]`. */
export function expectation(f: Fragment, distributions: Output, values: Output): Output {
  return f.reduce('Sum', f.math('Mul', [distributions, values]), [1]);
}
