import type { Fragment, Output } from '../tensorflow/index.js';
import { expectation, logSoftmax } from './loss.js';

/** How much a student learns from its teacher. */
export interface Distillation {
  /** Share of the teacher's part in the loss, 0 to 1. */
  alpha: number;
  /** T: softens the logits of both, above 0. */
  temperature: number;
}

/**
 * (1 - alpha) loss + alpha T^2 KL(softmax(teacher / T) || softmax(student / T)), arXiv 1503.02531; the factor T^2 keeps
 * the size of the gradient. Nothing flows back to the teacher.
 *
 * @param loss of each example, `[batch]`
 * @param logits the student's, float32 `[batch, classes]`
 * @param teacher the teacher's, of the same shape
 * @returns float32 `[batch]`
 */
export function distill(
  f: Fragment,
  {
    loss,
    logits,
    teacher,
    alpha,
    temperature,
  }: { loss: Output; logits: Output; teacher: Output } & Distillation,
): Output {
  const soften = (output: Output) => logSoftmax(f, f.math('Mul', [output, f.scalar(1 / temperature)]));
  const logQ = soften(f.math('StopGradient', [teacher]));
  const divergence = expectation(f, f.math('Exp', [logQ]), f.math('Sub', [logQ, soften(logits)]));
  return f.math('AddV2', [
    f.math('Mul', [f.scalar(1 - alpha), loss]),
    f.math('Mul', [f.scalar(alpha * temperature ** 2), divergence]),
  ]);
}
