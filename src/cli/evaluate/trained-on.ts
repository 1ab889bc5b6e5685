import { existsSync, realpathSync } from 'node:fs';
import type { Task } from '../../data/dataset.js';
import { namesOf } from '../../data/images/index.js';
import { imagesOf, type Split } from '../../data/images-of.js';
import { isPlace } from '../../data/layouts/index.js';
import { loadTask } from '../../data/tasks/index.js';
import { InputError } from '../../errors.js';
import type { Recipe } from '../../recipe/index.js';
import { locateBase } from '../../weights/import-base.js';
import { Meter } from '../meter.js';
import { readRunConfig, recipeOf } from '../run-config.js';
import { loadTaskOptions, taskRecipe } from '../task-options.js';

/** How many images of a split of a task a model was trained on. */
export type CountTrainedOn = (split: Split) => number;

/**
 * Tells which images of a task a model was trained on, by their paths: a folder may be the one of its training, a part of it, or
 * one that a list names images of.
 *
 * @param path of a run, or of another model
 * @param isOwn whether the task is the run's own, loaded as its record says
 * @returns undefined where that cannot be known: the model is no run, or the images of its training are not there any more
 */
export async function trainedOn(
  path: string,
  task: Task,
  { isOwn }: { isOwn: boolean },
): Promise<CountTrainedOn | undefined> {
  const config = readRunConfig(path);
  const run = config && recipeOf(config);
  const { name, origin, train = task.train.length } = (config?.task ?? {}) as RecordedTask;
  const asDivided: CountTrainedOn = (split) => (split === 'test' ? 0 : Math.min(train, task.train.length));
  if (isOwn || config?.fingerprint === task.fingerprint) return asDivided;
  if (!run) return !config && locateBase(path).kind === 'catalogue' ? () => 0 : undefined;
  // The images of a named task, or of one on the hub, are nobody's folder.
  if (!isPlace(run.task) || run.task.startsWith('hf:'))
    return name === task.name && origin === task.origin ? asDivided : () => 0;
  const trained = existsSync(run.task) ? await loadTrained(run, origin) : undefined;
  if (!trained) return undefined;
  const names = new Set(keysOf(trained, 'train'));
  return (split) => keysOf(task, split).filter((key) => names.has(key)).length;
}

/** What the record of a run says of its images. */
interface RecordedTask {
  name?: string;
  origin?: string;
  /** Images that were trained on: of a limited run not all. */
  train?: number;
}

/** The task of a run; undefined where it cannot be read any more, or is another one from the folder that the command runs in. */
async function loadTrained(run: Recipe, origin: string | undefined): Promise<Task | undefined> {
  const meter = new Meter();
  const { limit } = run;
  try {
    const task = await loadTask(run.task, { ...loadTaskOptions(taskRecipe(run), meter), limit });
    return task.origin === origin ? task : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  } finally {
    meter.clear();
  }
}

/** Where each image lies, whatever links its task was reached by. */
function keysOf(task: Task, split: Split): string[] {
  const { source } = imagesOf(task, split);
  if (source.kind !== 'encoded') return [];
  const { origin = '' } = task;
  const real = existsSync(origin) ? realpathSync(origin) : origin;
  return Array.from(namesOf(source.images), (name) =>
    name.startsWith(origin) ? real + name.slice(origin.length) : name,
  );
}
