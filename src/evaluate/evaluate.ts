import { type Batch, type BatchOptions, batches } from '../data/batches.js';
import type { Dataset, Task } from '../data/dataset.js';
import { imagesOf, type Split } from '../data/images-of.js';
import { InputError, invalid } from '../errors.js';
import type { Model } from '../model/index.js';
import type { Tensor } from '../tensorflow/index.js';
import { averaged, type LogitsOf } from './average.js';
import { type Evaluation, evaluationOf } from './evaluation.js';
import { type Metrics, MetricsCounter } from './metrics.js';
import { OutcomeRecorder } from './outcomes.js';
import { type OnLogits, writePredictions } from './predictions/index.js';
import { decodedSize, viewsOf } from './views.js';

/** How a data set is run through. */
export interface EvaluateLogitsOptions
  extends Pick<BatchOptions, 'workers' | 'decoder' | 'skipping' | 'signal'> {
  /** @default 50 */
  batchSize?: number;
  /** Batches under way at once: more than 1 where one alone leaves cores idle. The metrics are the same. @default 1 */
  concurrency?: number;
  /** Sees the logits of each batch, `[batch, classes]`, in the order of the batches; both are freed once it is done. */
  onLogits?: (logits: Tensor<'float32'>, batch: Batch) => void | Promise<void>;
  onProgress?: (done: number, total: number) => void;
}

export interface EvaluateOptions extends EvaluateLogitsOptions {
  /** Which images: those held out, those to train on (`train`), or both (`all`). @default 'test' */
  split?: Split;
  /** Test-time augmentation, a name of `VIEWS`: `flip`, `crops:5`. @default 'none' */
  tta?: string;
  /** File that a row an image is written to: its ending says the format, `.parquet`, `.csv` or `.jsonl`. @default none */
  predictions?: string;
}

const BATCH = 50;

/** Metrics of whatever gives logits, on a data set. */
export async function evaluateLogits(
  logitsOf: LogitsOf,
  dataset: Dataset,
  options: EvaluateLogitsOptions & { imageSize: number },
): Promise<Metrics> {
  const { batchSize = BATCH, concurrency = 1, onLogits, onProgress, ...rest } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw invalid('concurrency', 'a whole number of 1 or more', concurrency);
  }
  const counter = new MetricsCounter();
  const underWay: { batch: Batch; logits: Promise<Tensor<'float32'>> }[] = [];
  let done = 0;
  // In the order of the batches, whichever is ready first: sums of floats depend on it.
  const countFirst = async () => {
    const { batch, logits: pending } = underWay[0]!;
    const logits = await pending;
    counter.add(logits.data, batch.labels.data);
    await onLogits?.(logits, batch);
    done += batch.size;
    logits.dispose();
    batch.dispose();
    underWay.shift();
    onProgress?.(done, dataset.length);
  };
  try {
    for await (const batch of batches(dataset, { batchSize, prefetch: concurrency + 1, ...rest })) {
      underWay.push({ batch, logits: started(logitsOf, batch) });
      if (underWay.length === concurrency) await countFirst();
    }
    while (underWay.length > 0) await countFirst();
    return counter.result;
  } finally {
    // Images may be freed only once nothing reads them any more.
    for (const { batch, logits } of underWay) {
      await logits.then(
        (left) => left.dispose(),
        () => {},
      );
      batch.dispose();
    }
  }
}

function started(logitsOf: LogitsOf, { images }: Batch): Promise<Tensor<'float32'>> {
  const logits = Promise.resolve(images).then(logitsOf);
  // A failure waits until its turn comes, or for the clean-up: not "unhandled" until then.
  logits.catch(() => {});
  return logits;
}

/**
 * What a model is worth on a task's held-out images, or on those of another split: metrics of all and of each class, mistakes,
 * calibration.
 *
 * @throws InputError when the classes of model and task differ, a test-time augmentation does not suit the task, or for an unknown split
 * @example const { top1, classes } = await evaluate(model, await loadTask('digits'));
 */
export async function evaluate(
  model: Model,
  task: Task,
  { split = 'test', tta = 'none', predictions, onLogits, ...options }: EvaluateOptions = {},
): Promise<Evaluation> {
  checkClasses(model.labels, task);
  const views = viewsOf(tta, task);
  const dataset = imagesOf(task, split);
  const logitsOf = averaged((images) => model.run(images), views);
  const recorder = new OutcomeRecorder(dataset.length);
  const run = (write?: OnLogits) =>
    evaluateLogits(logitsOf, dataset, {
      ...options,
      imageSize: decodedSize(model.imageSize, views),
      onLogits: async (logits, batch) => {
        recorder.add(logits.data, batch.labels.data, batch.indices);
        await write?.(logits, batch);
        await onLogits?.(logits, batch);
      },
    });
  const { classes } = task;
  const metrics =
    predictions === undefined ? await run() : await writePredictions(predictions, { classes, dataset }, run);
  return evaluationOf(metrics, recorder.result, classes);
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
