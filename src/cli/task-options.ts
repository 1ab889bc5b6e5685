import type { LoadTaskOptions } from '../data/tasks/index.js';
import type { Recipe } from '../recipe/index.js';
import type { Meter } from './meter.js';
import { bytes } from './output.js';

/** What of a recipe says which images are meant. */
const KEYS = ['data', 'seed', 'classes', 'imageColumn', 'labelColumn', 'splitColumn', 'followLinks'] as const;

/** The part of a recipe that says which images are meant. */
export type TaskRecipe = Pick<Recipe, (typeof KEYS)[number]>;

/** That part of a recipe; what it leaves open stays so. */
export const taskRecipe = (recipe: Partial<TaskRecipe>): Partial<TaskRecipe> =>
  Object.fromEntries(KEYS.flatMap((key) => (recipe[key] === undefined ? [] : [[key, recipe[key]]])));

/** How the tasks of a recipe are loaded: the seed divides a folder that has no splits. */
export function loadTaskOptions(recipe: Partial<TaskRecipe>, meter: Meter): LoadTaskOptions {
  return {
    ...taskRecipe(recipe),
    onProgress: ({ url, received, total, unpacking = false }) =>
      meter.update(received / total, {
        left: `${unpacking ? 'Unpacking' : 'Downloading'} ${url.slice(url.lastIndexOf('/') + 1)}`,
        right: `${bytes(received)} of ${bytes(total)}`,
      }),
  };
}
