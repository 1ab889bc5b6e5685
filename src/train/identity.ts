import { createHash } from 'node:crypto';
import type { Task } from '../data/dataset.js';
import type { Model } from '../model/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { digestOfModel } from './probe/index.js';

/**
 * Two runs of one identity do the same steps. How many images are decoded at once makes no difference, nor does where they
 * are kept, what is done about bad ones, and what a teacher is called.
 */
export function identityOf(
  { workers: _, cache: __, onBadImage: ___, teacher: ____, ...recipe }: TrainingRecipe,
  task: Task,
  model: Model,
  teacher: Model | undefined,
): string {
  const parts: unknown[] = [
    // A recipe file may have its keys in another order, and leaves out what is not set.
    Object.entries(recipe)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    task.fingerprint,
    model.topology,
    model.imageSize,
    model.origin,
    model.seed,
  ];
  if (teacher) parts.push(digestOfModel(teacher));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
