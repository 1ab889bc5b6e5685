import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError, invalid } from '../../errors.js';
import { type Dataset, fingerprint, select, type Task } from '../dataset.js';
import { splitStratified } from '../stratify.js';
import { holdsImages, IMAGE_EXTENSIONS, imagesBelow, subfolders } from './image-files.js';

/** Names that the held-out split goes by, the first one found is taken. */
const HELD_OUT_NAMES = ['val', 'valid', 'validation', 'test'] as const;

/** How a folder without splits is divided. */
export interface ImageFolderOptions {
  /** @default 0 */
  seed?: number;
  /** Part of every class that is held out where the folder has no split of its own, 0 < x < 1. @default 0.2 */
  validationFraction?: number;
}

/**
 * A task from a folder: `train/` and `val/` (or `valid/`, `validation/`, `test/`) with a folder for each class in both, or
 * just a folder for each class, which is split, each class in proportion. Classes are the folders' names in the order of
 * JavaScript's sort (by code units, so `B` before `a`, `10` before `2`); images may lie deeper.
 *
 * @throws InputError before any image is read: a missing folder, fewer than two classes, a class without images, splits of
 * different classes
 */
export function loadImageFolder(
  path: string,
  { seed = 0, validationFraction = 0.2 }: ImageFolderOptions = {},
): Task {
  const root = resolve(path);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw invalid('--task', 'the name of a task or an existing folder', path, 'Check the path.');
  }
  const { classes, train, test } = hasSplits(root)
    ? readSplits(root)
    : divide(root, seed, validationFraction);
  return {
    name: basename(root),
    classes,
    train,
    test,
    origin: root,
    fingerprint: fingerprint(classes, [train, test], root),
  };
}

function hasSplits(root: string): boolean {
  const names = subfolders(root);
  if (!names.includes('train')) return false;
  if (HELD_OUT_NAMES.some((name) => names.includes(name))) return true;
  // A folder of images that is called train is a class: of vehicles, say.
  if (holdsImages(join(root, 'train'))) return false;
  throw new InputError(
    `${root} has train, but no val or test. Add one, or name ${join(root, 'train')} as the task to have it split.`,
  );
}

interface Split {
  classes: string[];
  dataset: Dataset;
}

function readSplits(root: string): { classes: string[]; train: Dataset; test: Dataset } {
  const names = subfolders(root);
  const heldOut = join(root, HELD_OUT_NAMES.find((name) => names.includes(name))!);
  const train = readClasses(join(root, 'train'));
  const test = readClasses(heldOut);
  const [unknown, absent] = [without(test.classes, train.classes), without(train.classes, test.classes)];
  if (unknown.length > 0) {
    throw new InputError(
      `${heldOut} has classes that ${join(root, 'train')} lacks: ${list(unknown)}. Both need the same class folders.`,
    );
  }
  if (absent.length > 0) {
    throw new InputError(
      `${heldOut} lacks classes that ${join(root, 'train')} has: ${list(absent)}. Both need the same class folders.`,
    );
  }
  return { classes: train.classes, train: train.dataset, test: test.dataset };
}

function divide(
  root: string,
  seed: number,
  fraction: number,
): { classes: string[]; train: Dataset; test: Dataset } {
  if (!(fraction > 0 && fraction < 1))
    throw invalid('validation fraction', 'a number between 0 and 1', fraction);
  const { classes, dataset } = readClasses(root);
  const rows = splitStratified(dataset.labels, fraction, seed);
  if (rows.test.length === 0) {
    throw new InputError(`Every class in ${root} has one image only: none can be held out. Add images.`);
  }
  return { classes, train: select(dataset, rows.train), test: select(dataset, rows.test) };
}

function readClasses(folder: string): Split {
  const classes = subfolders(folder);
  if (classes.length === 0) {
    const found = holdsImages(folder) ? 'its images are not in class folders' : 'it has no folders';
    throw new InputError(
      `No class folders in ${folder}: ${found}. Give the images of each class a folder of their own in it.`,
    );
  }
  if (classes.length < 2) {
    throw new InputError(
      `Only one class folder in ${folder}: ${classes[0]}. A classifier needs two classes or more. ` +
        'Name the folder that holds the class folders.',
    );
  }
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const images = imagesBelow(join(folder, name));
    if (images.length === 0) {
      throw new InputError(
        `The class folder ${join(folder, name)} has no images (${IMAGE_EXTENSIONS.join(', ')}). Add some, or remove the folder.`,
      );
    }
    for (const image of images) {
      paths.push(image);
      labels.push(label);
    }
  }
  return {
    classes,
    dataset: { length: paths.length, labels: Int32Array.from(labels), source: { kind: 'files', paths } },
  };
}

const without = (names: readonly string[], others: readonly string[]): string[] =>
  names.filter((name) => !others.includes(name));

const list = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
