import { type BatchOptions, batches } from '../data/batches.js';
import type { Dataset, Task } from '../data/dataset.js';
import { InputError } from '../errors.js';
import type { Model } from '../model/index.js';
import type { Tensor } from '../tensorflow/index.js';
import { type Metrics, MetricsCounter } from './metrics.js';

export interface EvaluateOptions extends Pick<BatchOptions, 'workers' | 'decoder' | 'signal'> {
  /** @default 50 */
  batchSize?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Gives logits, float32 `[batch, classes]`, for uint8 images; the receiver owns them. */
export type LogitsOf = (images: Tensor) => Promise<Tensor<'float32'>>;

const BATCH = 50;

/** Metrics of whatever gives logits, on a data set. */
export async function evaluateLogits(
  logitsOf: LogitsOf,
  dataset: Dataset,
  { imageSize, batchSize = BATCH, onProgress, ...rest }: EvaluateOptions & { imageSize: number },
): Promise<Metrics> {
  const counter = new MetricsCounter();
  let done = 0;
  for await (const batch of batches(dataset, { batchSize, imageSize, ...rest })) {
    try {
      const logits = await logitsOf(batch.images);
      try {
        counter.add(logits.data, batch.labels.data);
      } finally {
        logits.dispose();
      }
      done += batch.size;
      onProgress?.(done, dataset.length);
    } finally {
      batch.dispose();
    }
  }
  return counter.result;
}

/**
 * Metrics of a model on a task's held-out images.
 *
 * @throws InputError when the classes of model and task differ
 * @example const { top1 } = await evaluate(model, await loadTask('digits'));
 */
export async function evaluate(model: Model, task: Task, options: EvaluateOptions = {}): Promise<Metrics> {
  checkClasses(model.labels, task);
  const { imageSize } = model;
  return evaluateLogits((images) => model.run(images), task.test, { ...options, imageSize });
}

/** The labels of a model are the classes of a task, in the same order. */
export function checkClasses(labels: readonly string[], task: Task): void {
  if (labels.length === task.classes.length && labels.every((label, i) => label === task.classes[i])) return;
  const show = (names: readonly string[]) =>
    `${names.length} (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''})`;
  throw new InputError(
    `The model's classes are ${show(labels)}, those of the task '${task.name}' are ${show(task.classes)}. ` +
      'They must be the same in the same order: give the model a new head (swapHead, or train), or take another task.',
  );
}
