import type { LoadTaskOptions } from '../data/tasks/index.js';
import type { Recipe } from '../recipe/index.js';
import type { Meter } from './meter.js';
import { bytes } from './output.js';

/** How the tasks of a recipe are loaded: the seed divides a folder that has no splits. */
export function loadTaskOptions(
  { data, seed }: Partial<Pick<Recipe, 'data' | 'seed'>>,
  meter: Meter,
): LoadTaskOptions {
  return {
    data,
    seed,
    onProgress: ({ url, received, total, unpacking = false }) =>
      meter.update(received / total, {
        left: `${unpacking ? 'Unpacking' : 'Downloading'} ${url.slice(url.lastIndexOf('/') + 1)}`,
        right: `${bytes(received)} of ${bytes(total)}`,
      }),
  };
}
