/** What a run reports while it goes on, one object a line of `metrics.jsonl`. */
export type TrainEvent = StepEvent | EpochEvent | EvaluateEvent;

export interface StepEvent {
  event: 'step';
  /** Steps done, this one included. */
  step: number;
  /** The epoch under way, from 1. */
  epoch: number;
  /** Loss at w. */
  loss: number;
  /** Loss at w + e; left out without SAM. */
  perturbedLoss?: number;
  /** Norm of the gradient that the optimizer got, before clipping. */
  gradNorm: number;
  learningRate: number;
  imagesPerSecond: number;
}

export interface EpochEvent {
  event: 'epoch';
  step: number;
  /** The epoch done, from 1. */
  epoch: number;
  /** Mean loss at w over its steps. */
  loss: number;
  /** Time of its training steps, without evaluation. */
  seconds: number;
}

export interface EvaluateEvent {
  event: 'evaluate';
  step: number;
  epoch: number;
  /** On the held-out images, 0 to 1. */
  top1: number;
  top5: number;
  loss: number;
  /** Whether these are the best weights so far. */
  best: boolean;
}
