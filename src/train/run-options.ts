import type { Task } from '../data/dataset.js';
import type { Model } from '../model/index.js';
import type { TrainEvent } from './events.js';

export interface FineTuneOptions {
  /** Folder of the run; without it nothing is written. */
  out?: string;
  /** Go on from the last checkpoint in `out`. @default false */
  resume?: boolean;
  /** Kept in `config.json`; a `recipe` in it stands there for the one of training alone. */
  config?: Record<string, unknown>;
  onEvent?: (event: TrainEvent) => void;
  /** Stops after the step under way, with a checkpoint. */
  signal?: AbortSignal;
  /** The model to distil from. @default that of the recipe's `teacher` */
  teacher?: Model;
}

/** What a run is given besides: devices, a model that the trained one is a part of, and the task of its images. */
export interface RunOptions extends FineTuneOptions {
  /** Devices that sub-batches are spread over. @default TensorFlow's choice */
  devices?: readonly string[];
  whole?: { model: Model; task: Task; join: (trained: Model) => Model };
}

export interface FineTuneResult {
  /** The model with the best weights. */
  model: Model;
  /** Its top-1 accuracy on the held-out images, 0 to 1. */
  top1: number;
  /** The epoch that it is from. */
  epoch: number;
  /** Steps done. */
  steps: number;
  /** Steps that were skipped, because loss or gradient was not a number. */
  skipped: number;
}
