import type { Augmentation } from '../augment/index.js';
import type { Task } from '../data/dataset.js';
import { InputError, invalid } from '../errors.js';
import type { TrainingRecipe } from '../recipe/recipe.js';

/**
 * A step needs a whole batch.
 *
 * @throws InputError when the task has fewer training images
 */
export function checkBatchSize(
  { batchSize, accumulate }: Pick<TrainingRecipe, 'batchSize' | 'accumulate'>,
  { train }: Task,
): void {
  if (batchSize * accumulate <= train.length) return;
  if (batchSize <= train.length) {
    throw invalid(
      '--accumulate',
      `at most ${Math.floor(train.length / batchSize)}, the number of batches in the ${train.length} training images`,
      accumulate,
      'Accumulate fewer batches, or take smaller ones.',
    );
  }
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
