import { parseNamed } from '../named.js';
import { Fragment } from '../tensorflow/index.js';
import { inFloat32 } from '../tensorflow/precision.js';
import { type Distillation, distill } from './distillation.js';
import { expectation, type Loss } from './loss.js';
import { LOSSES } from './losses.js';

/** Names of the loss fragment's nodes. */
export const LOSS = {
  /** Parameter, float32 `[batch, classes]` */
  logits: 'logits',
  /** Parameter: target distributions, float32 `[batch, classes]` */
  targets: 'targets',
  /** Parameter with distillation only: the teacher's logits, float32 `[batch, classes]` */
  teacher: 'teacher',
  /** The loss of each example, weighted, float32 `[batch]` */
  each: 'each',
  /** Scalar: the mean over the batch. */
  loss: 'loss',
} as const;

/** What the loss fragment is made of. */
export interface LossOptions {
  /** A name of `LOSSES` with its numbers: `focal:2`. */
  loss: string;
  classes: number;
  /**
   * One a class, in class order. An example counts as its target distribution's expected weight, and the mean over the
   * batch is a plain one, so that means over batches of equal size average to the mean over all.
   *
   * @default all classes alike
   */
  classWeights?: readonly number[];
  /** Learning from a teacher as well; its part is not weighted by class. */
  distill?: Distillation;
}

/**
 * From logits and targets to the loss: its parameters and results are {@link LOSS}.
 *
 * @throws InputError for an unknown loss, or numbers that it does not take
 */
export function lossFragment({
  loss: text,
  classes,
  classWeights,
  distill: teaching,
}: LossOptions): Fragment {
  const { name, parameters } = parseNamed(text, LOSSES, '--loss');
  const row: Loss = LOSSES[name];
  const f = new Fragment();
  const logits = inFloat32(f, f.input(LOSS.logits, 'float32', [-1, classes]));
  const targets = f.input(LOSS.targets, 'float32', [-1, classes]);
  let each = row.add({ f, logits, targets, classes, parameters });
  if (classWeights) {
    const weights = f.constant(Float32Array.from(classWeights), [1, classes]);
    each = f.math('Mul', [expectation(f, targets, weights), each]);
  }
  if (teaching) {
    const teacher = f.input(LOSS.teacher, 'float32', [-1, classes]);
    each = distill(f, { loss: each, logits, teacher, ...teaching });
  }
  f.reduce('Mean', f.identity(each, LOSS.each), [0], { name: LOSS.loss });
  return f;
}
