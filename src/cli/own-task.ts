import type { Task } from '../data/dataset.js';
import { loadTask } from '../data/tasks/index.js';
import { InputError } from '../errors.js';
import { Meter } from './meter.js';
import { readRunConfig, recipeOf } from './run-config.js';
import { loadTaskOptions, type TaskRecipe, taskRecipe } from './task-options.js';

/**
 * The task that is asked for, else the run's own, divided with the run's seed as it was in training.
 *
 * @param path of a run, or of another model
 * @throws InputError where neither says which
 */
export async function loadOwnTask(
  path: string,
  { task: named, data }: { task?: string | undefined; data?: string | undefined },
): Promise<Task> {
  const config = readRunConfig(path);
  const run = config && recipeOf(config);
  const task = named ?? run?.task;
  if (task === undefined) {
    throw new InputError(
      `${path} does not say which task it was trained on. Name one with --task NAME|PATH.`,
    );
  }
  // Columns, classes and the like are those of the run's own task.
  const own: Partial<TaskRecipe> =
    named === undefined && run ? taskRecipe(run) : { ...(run && { seed: run.seed }) };
  const meter = new Meter();
  const recipe = { ...own, ...(data !== undefined && { data }) };
  return loadTask(task, loadTaskOptions(recipe, meter)).finally(() => meter.clear());
}
