import { checkImages } from '../../data/check.js';
import type { Task } from '../../data/dataset.js';
import { loadTask } from '../../data/tasks/index.js';
import { buildForward, type Model, swapHead, withDropout } from '../../model/index.js';
import { defineRecipe } from '../../recipe/index.js';
import { checkBatchSize, usualAugmentations } from '../../train/index.js';
import { importBase, locateBase } from '../../weights/import-base.js';
import { weightFormat } from '../../weights/read.js';
import { counting, type Meter } from '../meter.js';
import { loadTaskOptions } from '../task-options.js';
import type { RunRecipe } from './recipe.js';

/** All that a run starts from. */
export interface Prepared {
  /** With what base and task decide filled in. */
  recipe: RunRecipe;
  task: Task;
  /** The base with its new classifier. */
  model: Model;
}

/**
 * Loads and checks what a run needs. What is quickly known to be wrong comes first, before anything is downloaded.
 *
 * @throws InputError
 */
export async function prepare(given: RunRecipe, meter: Meter): Promise<Prepared> {
  const { weights, seed, limit } = given;
  locateBase(given.base);
  if (weights !== undefined && weights !== 'none') weightFormat(weights);
  const task = await loadTask(given.task, { ...loadTaskOptions(given, meter), limit });
  meter.clear();
  checkBatchSize(given, task);
  await checkFiles(task, meter);
  const imageSize = given.imageSize ?? task.defaultImageSize;
  const base = await importBase(given.base, { weights, imageSize, seed });
  const augment = given.augment ?? usualAugmentations(task);
  const recipe = defineRecipe({ ...given, imageSize: base.imageSize, augment });
  const headed = swapHead(base, { labels: task.classes, initializer: recipe.headInit, seed });
  const model = withDropout(headed, recipe);
  buildForward(model.topology, { training: true, imageSize: model.imageSize });
  return { recipe: { ...recipe, out: given.out }, task, model };
}

async function checkFiles({ train, test }: Task, meter: Meter): Promise<void> {
  const paths = [train, test].flatMap(({ source }) => (source.kind === 'files' ? source.paths : []));
  try {
    await checkImages(paths, { onProgress: counting(meter, 'Looking at the images') });
  } finally {
    meter.clear();
  }
}
