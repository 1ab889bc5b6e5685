import { type BatchOptions, batches } from '../../data/batches.js';
import type { Dataset, Task } from '../../data/dataset.js';
import { shuffled } from '../../data/random.js';
import { cutAt, type Model, matchingClasses, swapHead, unfoldNorms, withDropout } from '../../model/index.js';
import type { Recipe } from '../../recipe/index.js';
import type { Tensor } from '../../tensorflow/index.js';

/** Images that folded normalizations are measured on, at most. */
const MEASURED = 256;

/** A base made ready for a task. */
export interface TaskModel {
  model: Model;
  /** Classes that start with the base's own classifier. */
  matched: number;
}

/**
 * Makes the model that is trained out of a base: cut where the recipe says, with its normalizations unfolded, and with a
 * new classifier for the task's classes. Weights are shared with `base`, not copied.
 *
 * @throws InputError for what the base cannot be made into
 */
export async function taskModel(base: Model, task: Task, recipe: Recipe): Promise<TaskModel> {
  const { fromLayer, unfoldNorms: unfold, hidden, headInit, keepMatchingClasses, seed } = recipe;
  const cut = fromLayer === undefined ? base : cutAt(base, fromLayer);
  const unfolded = unfold ? await unfoldNorms(cut, images(task.train, base.imageSize, recipe)) : cut;
  const { classes } = task;
  const headed = swapHead(unfolded, {
    classes,
    ...(hidden > 0 && { hidden }),
    initializer: headInit,
    keepMatchingClasses,
    seed,
  });
  const matched = keepMatchingClasses ? matchingClasses(unfolded, classes).length : 0;
  return { model: withDropout(headed, recipe), matched };
}

/** Some training images, the same for the same seed. */
async function* images(
  train: Dataset,
  imageSize: number,
  { seed, batchSize, workers }: Recipe,
): AsyncGenerator<Tensor, void, undefined> {
  const indices = shuffled(train.length, seed, 0).slice(0, MEASURED);
  const options: BatchOptions = { batchSize, imageSize, indices, workers };
  for await (const batch of batches(train, options)) {
    try {
      yield batch.images;
    } finally {
      batch.dispose();
    }
  }
}
