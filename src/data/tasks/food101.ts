import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DownloadOptions } from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { Dataset, Task } from '../dataset.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { LabelledFiles } from './labelled-files.js';
import { linesOf } from './lines.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

/** Food-101's archive: photographs in class folders, and lists of them. */
export const FOOD101: TaskFiles = {
  title: 'Food-101',
  folder: 'food101',
  // Size and checksum: tensorflow/datasets, tensorflow_datasets/url_checksums/food101.txt.
  files: [
    {
      url: 'http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz',
      bytes: 4_996_278_331,
      sha256: 'd97d15e438b7f4498f96086a4f7e2fa42a32f2712e87d3295441b2b6314053a4',
      folder: 'food-101',
      holds: ['images', 'meta'],
    },
  ],
};

/** Photographs of 101 dishes; labels of the training images are not all right. */
export const food101: TaskEntry = {
  title: FOOD101.title,
  classes: 101,
  images: { train: 75_750, test: 25_250 },
  downloadBytes: bytesOf(FOOD101),
  licence:
    'the photographs are of Foodspotting: scientific fair use only, else to be negotiated with their owners; L. Bossard et al., 2014',
  origin: 'https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/',
  load: (options) => loadFood101(FOOD101, options),
};

/**
 * Reads Food-101 from `data`, or else from the cache, where it is downloaded to when needed.
 *
 * @throws InputError for missing files, lines that name no image of a class, or a failed download
 */
export async function loadFood101(files: TaskFiles, options: TaskOptions & DownloadOptions): Promise<Task> {
  const [root] = (await provideFiles(files, options)) as [string];
  const [images, meta] = [join(root, 'images'), join(root, 'meta')];
  const folders = Array.from(linesOf(join(meta, 'classes.txt')), ({ text }) => text);
  return fileTask('food101', food101, {
    classes: readNames(join(meta, 'labels.txt'), folders),
    train: readList(join(meta, 'train.txt'), images, folders),
    test: readList(join(meta, 'test.txt'), images, folders),
    root: images,
  });
}

/** Readable names, a line a class, where the file exists; the folders' names otherwise. */
function readNames(path: string, folders: readonly string[]): string[] {
  if (!existsSync(path)) return folders.map((folder) => folder.replaceAll('_', ' '));
  const names = Array.from(linesOf(path), ({ text }) => text);
  if (names.length !== folders.length) {
    throw new InputError(
      `Expected ${folders.length} names in ${path}, received ${names.length}. Get it again.`,
    );
  }
  return names;
}

/** Lines of a list: `apple_pie/1005649`. */
function readList(list: string, images: string, folders: readonly string[]): Dataset {
  const files = new LabelledFiles();
  const classes = new Map(
    folders.map((name, label) => [name, { label, folder: files.addFolder(join(images, name)) }]),
  );
  for (const { text, where } of linesOf(list)) {
    const cut = text.indexOf('/');
    const found = classes.get(text.slice(0, cut));
    if (cut < 0 || !found)
      throw new InputError(`Expected CLASS/IMAGE of a known class in ${where}, received '${text}'.`);
    files.add(found.folder, `${text.slice(cut + 1)}.jpg`, found.label, where);
  }
  return files.dataset();
}
