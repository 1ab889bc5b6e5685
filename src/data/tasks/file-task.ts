import { InputError } from '../../errors.js';
import { type Dataset, fingerprint, type Task } from '../dataset.js';
import type { TaskEntry } from './entry.js';

/** What the files of a task turned out to be. */
export interface FileTask {
  classes: readonly string[];
  train: Dataset;
  test: Dataset;
  /** Folder of the images: their names count relative to it. */
  root: string;
}

/** A named task of image files. */
export function fileTask(
  name: string,
  { licence, origin }: Pick<TaskEntry, 'licence' | 'origin'>,
  { classes, train, test, root }: FileTask,
): Task {
  for (const [split, { length }] of Object.entries({ 'to train on': train, 'held out': test }))
    if (length === 0) throw new InputError(`${root} has no images ${split}.`);
  return {
    name,
    classes,
    train,
    test,
    licence,
    origin,
    fingerprint: fingerprint(classes, [train, test], root),
  };
}
