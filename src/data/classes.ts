import { readFileSync } from 'node:fs';
import { InputError, unknownName } from '../errors.js';
import { type Dataset, digest, select, type Task } from './dataset.js';
import { isFile } from './layouts/places.js';

/**
 * The same task with some of its classes, in its own order; the images of the others are left out of both splits.
 *
 * @throws InputError for a class that it does not have, fewer than two, none of their images in a split, and where labels are
 *   noisy already
 */
export function onlyClasses(task: Task, names: readonly string[]): Task {
  for (const name of names) if (!task.classes.includes(name)) throw unknownName('class', name, task.classes);
  const wanted = new Set(names);
  const classes = task.classes.filter((name) => wanted.has(name));
  if (classes.length < 2) {
    throw new InputError(
      `--classes names ${classes.length === 1 ? 'one class' : 'no class'}. A classifier needs two or more.`,
    );
  }
  if (task.noise) {
    throw new InputError(
      'Classes are chosen before labels are made noisy: take withLabelNoise(onlyClasses(task, ...)).',
    );
  }
  // Counted, not looked up by name: two classes may have the same one.
  let next = 0;
  const labelOf = Int32Array.from(task.classes, (name) => (wanted.has(name) ? next++ : -1));
  const part = (dataset: Dataset, what: string): Dataset => {
    const rows = Int32Array.from(dataset.labels.keys()).filter((row) => labelOf[dataset.labels[row]!]! >= 0);
    if (rows.length === 0) throw new InputError(`${task.name} has no ${what} of ${classes.join(', ')}.`);
    const kept = select(dataset, rows);
    return { ...kept, labels: kept.labels.map((label) => labelOf[label]!) };
  };
  return {
    ...task,
    classes,
    train: part(task.train, 'images to train on'),
    test: part(task.test, 'held-out images'),
    fingerprint: digest([task.fingerprint, `classes ${JSON.stringify(classes)}`]),
  };
}

/**
 * The names in a list of classes: as they are, or for `@FILE` the lines of that file.
 *
 * @throws InputError where the file cannot be read
 */
export function classNames(given: readonly string[]): string[] {
  return given.flatMap((each) => {
    if (!each.startsWith('@')) return [each];
    const file = each.slice(1);
    if (!isFile(file)) throw new InputError(`There is no file ${file} of class names (--classes ${each}).`);
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  });
}
