import type { Augmentation } from '../augment/index.js';
import type { Task } from '../data/dataset.js';
import { InputError, invalid } from '../errors.js';
import type { TrainingRecipe } from '../recipe/recipe.js';

/**
 * A step needs a whole batch.
 *
 * @throws InputError when the task has fewer training images
 */
export function checkBatchSize({ batchSize }: Pick<TrainingRecipe, 'batchSize'>, { train }: Task): void {
  if (batchSize <= train.length) return;
  throw invalid(
    '--batch-size',
    `at most ${train.length}, the number of training images`,
    batchSize,
    'Take a smaller batch.',
  );
}

/** What suits a task where its recipe leaves it open. */
export function usualAugmentations({ mirrors = true }: Task): Augmentation[] {
  return mirrors ? ['flip', 'crop'] : ['crop'];
}

/**
 * The best weights are those of the best evaluation, so there must be something to evaluate on.
 *
 * @throws InputError when the task holds no image out
 */
export function checkHeldOut({ name, test }: Task): void {
  if (test.length > 0) return;
  throw new InputError(
    `The task '${name}' holds no images out. Give it some: a folder val/, or a part of train.`,
  );
}
