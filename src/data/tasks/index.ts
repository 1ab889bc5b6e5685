import { InputError, unknownName } from '../../errors.js';
import { cacheDirectory } from '../../tensorflow/locate.js';
import { limit as limitTrain, type Task } from '../dataset.js';
import { isPlace, type LayoutOptions, loadPlace, type SplitOptions } from '../layouts/index.js';
import type { ColumnOptions } from '../parquet/index.js';
import { cars } from './cars.js';
import { cifar10 } from './cifar10.js';
import { cifar100, cifar100Coarse } from './cifar100.js';
import { digits } from './digits.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fashionMnist } from './fashion-mnist.js';
import { flowers102 } from './flowers102.js';
import { food101 } from './food101.js';
import { imagenet } from './imagenet.js';
import { imagenette, imagenette160, imagenette320 } from './imagenette.js';
import { pets } from './pets.js';
import { svhn, svhnExtra } from './svhn.js';

/** The named tasks. */
export const TASKS: Readonly<Record<string, TaskEntry>> = {
  digits,
  cifar10,
  cifar100,
  'cifar100-coarse': cifar100Coarse,
  'fashion-mnist': fashionMnist,
  svhn,
  'svhn-extra': svhnExtra,
  imagenette,
  'imagenette-320': imagenette320,
  'imagenette-160': imagenette160,
  flowers102,
  pets,
  food101,
  cars,
  imagenet,
};

/** What {@link loadTask} takes. */
export interface LoadTaskOptions extends Partial<TaskOptions>, SplitOptions, ColumnOptions {
  /** Train on this many images only, each class in proportion. @default all */
  limit?: number;
}

/**
 * Loads a named task, or a folder of images.
 *
 * @param nameOrPath a name in {@link TASKS}, or the path of an image folder; a folder that is called like a task is `./name`
 * @throws InputError for an unknown name (with the nearest one), missing or damaged files, a failed download
 * @example const task = await loadTask('digits', { limit: 200 });
 */
export async function loadTask(
  nameOrPath: string,
  {
    data,
    cache = cacheDirectory(),
    onProgress,
    seed = 0,
    validationFraction = 0.2,
    limit,
    ...columns
  }: LoadTaskOptions = {},
): Promise<Task> {
  const task = Object.hasOwn(TASKS, nameOrPath)
    ? await TASKS[nameOrPath]!.load({ data, cache, onProgress })
    : await loadPath(nameOrPath, { data, cache, onProgress, seed, validationFraction, ...columns });
  return limit === undefined ? task : limitTrain(task, limit, seed);
}

function loadPath(
  place: string,
  { data, ...options }: LayoutOptions & SplitOptions & { data?: string },
): Promise<Task> {
  if (!isPlace(place)) {
    throw unknownName(
      'task',
      place,
      Object.keys(TASKS),
      'A folder of class folders can be named by its path.',
    );
  }
  if (data !== undefined) {
    throw new InputError(`The folder ${place} is the task and holds its images: leave out --data ${data}.`);
  }
  return loadPlace(place, options);
}
