import type { NoiseTop1 } from '../data/noise/index.js';

/** What a run reports while it goes on, one object a line of `metrics.jsonl`. */
export type TrainEvent =
  | StepEvent
  | EpochEvent
  | EvaluateEvent
  | FeaturesEvent
  | StoppedEvent
  | BadImagesEvent;

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
  /** Norm of the ascent gradient, in the norm of the method; left out in a step without ascent. */
  ascentNorm?: number;
  /** Loss at w + e less the loss at w; left out where they are not of the same images. */
  surrogateGap?: number;
  learningRate: number;
  /** Radius of this step; left out in a step without ascent. */
  rho?: number;
  /** Factor of the loss on the way back; left out where there is none. */
  lossScale?: number;
  /** Loss or gradient was not a number: nothing has changed. Left out in a step that was applied. */
  skipped?: true;
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
  /**
   * Accuracy on training images apart for true and wrong labels, where labels are wrong on purpose: that of the epoch's
   * steps at w; where images are mixed, that after the epoch, on the images as they are.
   */
  noise?: NoiseTop1;
}

export interface EvaluateEvent {
  event: 'evaluate';
  step: number;
  epoch: number;
  /** On the held-out images, 0 to 1. */
  top1: number;
  top5: number;
  loss: number;
  /** Means over the classes of precision, recall and F1, 0 to 1. */
  macroPrecision: number;
  macroRecall: number;
  macroF1: number;
  /** Whether these are the best weights so far. */
  best: boolean;
  /** These are averages of the weights. Left out where they are the weights themselves. */
  averaged?: true;
}

/** The body's features were computed, for a linear probe. */
export interface FeaturesEvent {
  event: 'features';
  step: number;
  epoch: number;
  /** Training and held-out images whose features were computed; 0 where all were kept from before. */
  images: number;
  seconds: number;
}

/** Images could not be read and were skipped, as asked. Reported once, at the end of the run. */
export interface BadImagesEvent {
  event: 'bad-images';
  step: number;
  epoch: number;
  /** Why each of the training images was skipped: its name is in the reason. */
  train: string[];
  /** The same of held-out images. */
  test: string[];
}

/** The run ends before its last epoch, because it no longer improved. */
export interface StoppedEvent {
  event: 'stopped';
  step: number;
  epoch: number;
  /** Epochs without anything better. */
  patience: number;
}
