import { BadImages } from '../../data/bad-images.js';
import { checkImages } from '../../data/check.js';
import type { Task } from '../../data/dataset.js';
import { withLabelNoise } from '../../data/noise/index.js';
import { loadTask } from '../../data/tasks/index.js';
import { buildForward, type Model } from '../../model/index.js';
import { defineRecipe } from '../../recipe/index.js';
import {
  checkBatchSize,
  checkTeacher,
  decoderOf,
  settingsOf,
  teacherOf,
  usualAugmentations,
} from '../../train/index.js';
import { checkWeights, importBase, locateBase } from '../../weights/import-base.js';
import { weightFormat } from '../../weights/read.js';
import { counting, type Meter } from '../meter.js';
import { loadTaskOptions } from '../task-options.js';
import { taskModel } from './model.js';
import type { RunRecipe } from './recipe.js';

/** All that a run starts from. */
export interface Prepared {
  /** With what base and task decide filled in. */
  recipe: RunRecipe;
  task: Task;
  /** The base with its new classifier. */
  model: Model;
  /** Classes that start with the base's own classifier. */
  matched: number;
  /** The model to distil from. */
  teacher?: Model;
  /** Why images are decoded as they are. */
  decoding: string;
}

/**
 * Loads and checks what a run needs. What is quickly known to be wrong comes first, before anything is downloaded.
 *
 * @throws InputError
 */
export async function prepare(given: RunRecipe, meter: Meter): Promise<Prepared> {
  const { weights, weightsSource, preprocessing, seed, limit } = given;
  checkWeights(locateBase(given.base), given.base, { weights });
  if (weights !== undefined && weights !== 'none') weightFormat(weights);
  const loaded = await loadTask(given.task, { ...loadTaskOptions(given, meter), limit });
  const task = given.labelNoise === undefined ? loaded : withLabelNoise(loaded, given.labelNoise, seed);
  meter.clear();
  checkBatchSize(given, task);
  await checkFiles(task, given, meter);
  const imageSize = given.imageSize ?? task.defaultImageSize;
  const base = await importBase(given.base, { weights, weightsSource, preprocessing, imageSize, seed });
  const augment = given.augment ?? (given.linearProbe ? [] : usualAugmentations(task));
  const resolved = defineRecipe({ ...given, imageSize: base.imageSize, augment });
  const { name: decoder, why } = await decoderOf(resolved, task, base.imageSize);
  const recipe = { ...resolved, decoder };
  const { model, matched } = await taskModel(base, task, recipe);
  buildForward(model.topology, { training: true, imageSize: model.imageSize });
  if (!recipe.linearProbe) settingsOf(model, task, recipe);
  const teacher = await teacherOf(recipe);
  if (teacher) checkTeacher(teacher, model);
  const decoding = `${decoder} (${why})`;
  return {
    recipe: { ...recipe, out: given.out },
    task,
    model,
    matched,
    decoding,
    ...(teacher && { teacher }),
  };
}

async function checkFiles({ train, test }: Task, { onBadImage }: RunRecipe, meter: Meter): Promise<void> {
  try {
    for (const { source, length } of [train, test]) {
      if (source.kind !== 'encoded') continue;
      await checkImages(source.images, {
        onProgress: counting(meter, 'Looking at the images'),
        ...(onBadImage === 'skip' && { bad: new BadImages(length) }),
      });
    }
  } finally {
    meter.clear();
  }
}
