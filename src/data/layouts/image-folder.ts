import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { FileTable, ImageFiles } from '../images/index.js';
import { IntList } from './collect.js';
import {
  addImagesBelow,
  checkLink,
  holdsImages,
  IMAGE_EXTENSIONS,
  type LinkOptions,
  subfolders,
} from './image-files.js';
import type { Found, Layout } from './layout.js';
import { usedSplits } from './split-words.js';

/**
 * Class folders: `train/` and `val/` (or another word of `split-words.ts`) with a folder for each class in both, or just a
 * folder for each class. Classes are the folders' names in the order of JavaScript's sort (by code units, so `B`
 * before `a`, `10` before `2`); images may lie deeper.
 */
export const imageFolder: Layout = {
  title: 'class folders, or train/ and val/ (or test/) with a folder a class in each',
  argument: 'FOLDER',
  matches: (place) => existsSync(place) && statSync(place).isDirectory(),
  load: async (place, { followLinks = false }) => {
    const root = resolve(place);
    return readFolder(root, { within: followLinks ? undefined : realpathSync(root) });
  },
};

/**
 * @throws InputError before any image is read: fewer than two classes, a class without images, splits of different classes
 */
function readFolder(root: string, links: LinkOptions): Found {
  const found = { name: basename(root), origin: root };
  const folders = splitFolders(root);
  if (folders) return { ...found, ...readSplits(folders, links) };
  const { classes, dataset } = readClasses(root, links);
  return { ...found, classes, splits: { all: dataset } };
}

/** The folders of the splits; undefined where there are only class folders. */
function splitFolders(root: string): { train: string; heldOut: string } | undefined {
  const { training, heldOut } = usedSplits(subfolders(root));
  if (training === undefined) return undefined;
  const train = join(root, training);
  if (heldOut !== undefined) return { train, heldOut: join(root, heldOut) };
  // A folder of images that is called train is a class: of vehicles, say.
  if (holdsImages(train)) return undefined;
  throw new InputError(
    `${root} has ${training}, but no val or test. Add one, or name ${train} as the task to have it split.`,
  );
}

interface Split {
  classes: string[];
  dataset: Dataset;
}

function readSplits(
  folders: { train: string; heldOut: string },
  links: LinkOptions,
): Pick<Found, 'classes' | 'splits'> {
  const train = readClasses(folders.train, links);
  const test = readClasses(folders.heldOut, links);
  const [unknown, absent] = [without(test.classes, train.classes), without(train.classes, test.classes)];
  if (unknown.length > 0) {
    throw new InputError(
      `${folders.heldOut} has classes that ${folders.train} lacks: ${list(unknown)}. Both need the same class folders.`,
    );
  }
  if (absent.length > 0) {
    throw new InputError(
      `${folders.heldOut} lacks classes that ${folders.train} has: ${list(absent)}. Both need the same class folders.`,
    );
  }
  return { classes: train.classes, splits: { train: train.dataset, val: test.dataset } };
}

function readClasses(folder: string, links: LinkOptions): Split {
  // Where it is train or val, it may be a link itself.
  checkLink(folder, links);
  const classes = subfolders(folder, links);
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
  const table = new FileTable();
  const labels = new IntList();
  for (const [label, name] of classes.entries()) {
    const added = addImagesBelow(table, join(folder, name), links);
    if (added === 0) {
      throw new InputError(
        `The class folder ${join(folder, name)} has no images (${IMAGE_EXTENSIONS.join(', ')}). Add some, or remove the folder.`,
      );
    }
    for (let i = 0; i < added; i++) labels.add(label);
  }
  return {
    classes,
    dataset: {
      length: table.length,
      labels: Int32Array.from(labels.values),
      source: { kind: 'encoded', images: new ImageFiles(table) },
    },
  };
}

const without = (names: readonly string[], others: readonly string[]): string[] =>
  names.filter((name) => !others.includes(name));

const list = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
