import type { Precision } from '../../tensorflow/index.js';

/** The numbers of a step that must be finite. */
export interface StepNumbers {
  loss: number;
  /** Loss at w + e; undefined without SAM. */
  perturbedLoss?: number;
  /** Norm of the ascent gradient; undefined without SAM. */
  ascentNorm?: number;
  gradNorm: number;
}

/** What can go wrong in a step, in the order in which it is computed. */
export type NonFinite = 'loss' | 'ascent' | 'perturbedLoss' | 'gradient';

/** Which number of a step is the first that is not finite; undefined where all are. */
export function whichNonFinite({
  loss,
  perturbedLoss = 0,
  ascentNorm = 0,
  gradNorm,
}: StepNumbers): NonFinite | undefined {
  if (!Number.isFinite(loss)) return 'loss';
  if (!Number.isFinite(ascentNorm)) return 'ascent';
  if (!Number.isFinite(perturbedLoss)) return 'perturbedLoss';
  return Number.isFinite(gradNorm) ? undefined : 'gradient';
}

/** What is known about a step whose numbers are not finite. */
export interface NonFiniteStep extends StepNumbers {
  /** From 1. */
  step: number;
  /** What `firstNonFinite` found, `layer 'stem_conv' at w + e`; undefined where all that it looked at is finite. */
  first?: string;
  learningRate: number;
  /** 0 without SAM. */
  rho: number;
  /** 0 without clipping. */
  clipNorm: number;
  precision: Precision;
  /** 1 without one. */
  lossScale: number;
}

/** Says what went wrong, where, and what to try. */
export function describeNonFinite(step: NonFiniteStep): string {
  const which = whichNonFinite(step);
  if (!which) throw new Error(`The numbers of step ${step.step} are all finite.`);
  return `${whatOf(step, which)} at step ${step.step}. ${whereOf(step, which)} ${adviceOf(step, which)}`;
}

function whatOf({ loss, perturbedLoss, ascentNorm, gradNorm }: NonFiniteStep, which: NonFinite): string {
  switch (which) {
    case 'loss':
      return `The loss is ${loss}`;
    case 'ascent':
      return `The norm of the ascent gradient, at w, is ${ascentNorm} (the loss is ${loss.toFixed(4)})`;
    case 'perturbedLoss':
      return `The perturbed loss, at w + e, is ${perturbedLoss} (at w it is ${loss.toFixed(4)})`;
    case 'gradient':
      return `The norm of the gradient is ${gradNorm} (the loss is ${loss.toFixed(4)})`;
  }
}

function whereOf({ first }: NonFiniteStep, which: NonFinite): string {
  if (first !== undefined) return `The first that is not finite is ${first}.`;
  return which === 'gradient' || which === 'ascent'
    ? 'The gradient of each weight is finite: only their norm is too large for float32.'
    : "Every layer's output is finite: it is the loss itself that is not.";
}

function adviceOf(step: NonFiniteStep, which: NonFinite): string {
  const { learningRate, rho, clipNorm, precision, lossScale } = step;
  const float16 = precision === 'mixed-float16';
  if (step.step === 1 && which === 'loss' && !float16) {
    return "No update came before it: check the base's weights and the images.";
  }
  const smaller = (option: string, value: number) => `a smaller ${option} (now ${value})`;
  const ways = [
    ...(which === 'perturbedLoss' ? [smaller('--rho', rho)] : []),
    smaller('--learning-rate', learningRate),
    ...(which === 'gradient' && rho > 0 ? [smaller('--rho', rho)] : []),
    clipNorm > 0 ? smaller('--clip-norm', clipNorm) : 'a --clip-norm',
    ...(float16 && lossScale > 1 ? [`${smaller('--loss-scale', lossScale)} or --loss-scale dynamic`] : []),
    ...(float16 ? ['--precision mixed-bfloat16, which has the range of float32'] : []),
  ];
  return `Try ${ways.join(', or ')}.`;
}
