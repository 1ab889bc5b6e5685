import type { Task } from '../data/dataset.js';
import { checkClasses } from '../evaluate/index.js';
import type { Model } from '../model/index.js';
import { defineTraining, type RecipeInput } from '../recipe/recipe.js';
import { checkBatchSize, checkHeldOut } from './checks.js';
import { type FineTuneOptions, type FineTuneResult, Run } from './run.js';

/**
 * Fine-tunes a model on a task with SAM, and keeps the best weights.
 *
 * @param model its labels are the task's classes: see `swapHead`
 * @param recipe what differs from the defaults
 * @throws InputError before anything is trained when recipe, model and task do not fit; Interrupted
 * @example
 * const base = swapHead(await importBase('efficientnet-lite0', { imageSize: 64 }), { classes: task.classes });
 * const { model, top1 } = await fineTune(base, task, { epochs: 2 }, { out: 'runs/digits' });
 */
export async function fineTune(
  model: Model,
  task: Task,
  recipe: Partial<RecipeInput> = {},
  options: FineTuneOptions = {},
): Promise<FineTuneResult> {
  const training = defineTraining(recipe);
  checkClasses(model.labels, task);
  checkBatchSize(training, task);
  checkHeldOut(task);
  const run = new Run(model, task, training, options);
  try {
    return await run.train();
  } finally {
    await run.close();
  }
}
