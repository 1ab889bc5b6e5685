import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { imagenetClasses, imagenetLabels } from '../../../models/labels/index.js';
import { InputError, invalid } from '../../errors.js';
import type { Dataset, Task } from '../dataset.js';
import { readClassFolders } from './class-folders.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { readTrainTar, readValTar, TRAIN_TAR, tarsIn, VAL_TAR } from './imagenet-tars.js';
import { DEVKIT, SOLUTION, validationLabels } from './imagenet-validation.js';
import { imagesIn, LabelledFiles } from './labelled-files.js';

// Sizes: tensorflow/datasets, tensorflow_datasets/url_checksums/imagenet2012.txt.
const WAY_OUT =
  'Expected train/ with a folder a class (n01440764, ...), and val/ with the same, or with ILSVRC2012_val_00000001.JPEG and so on ' +
  `beside ${DEVKIT} or ${SOLUTION}; or Kaggle's folder ILSVRC beside ${SOLUTION}; or the official archives as they are: ` +
  `${TRAIN_TAR} (147,897,477,120 bytes), ${VAL_TAR} (6,744,924,160 bytes) ` +
  `and ${DEVKIT}.tar.gz from https://image-net.org/download-images, or the files of ` +
  'https://www.kaggle.com/c/imagenet-object-localization-challenge: both need an account. Name the folder with --data DIR.';

/** Where the images may be in the folder that is named, and in which folders above them other files are looked for. */
const IMAGE_FOLDERS = ['', 'ILSVRC/Data/CLS-LOC', 'Data/CLS-LOC', 'CLS-LOC', 'imagenet'];
const KAGGLE_FOLDERS = ['CLS-LOC', 'Data', 'ILSVRC'];

/** Photographs of 1,000 kinds of things, in the order of the classes that pretrained networks know. */
export const imagenet: TaskEntry = {
  title: 'ImageNet-1k (ILSVRC 2012)',
  classes: 1000,
  images: { train: 1_281_167, test: 50_000 },
  licence: 'for non-commercial research and education only, by the terms of image-net.org',
  origin: 'https://image-net.org/challenges/LSVRC/2012/',
  load: loadImagenet,
};

/**
 * Reads ImageNet-1k from `data`, or from the cache's folder `data/imagenet` where somebody put it there: in class folders,
 * with validation images that are in class folders or not, as Kaggle gives it, or in the official archives.
 *
 * @throws InputError for missing files: which to get from where and where to put them
 */
export async function loadImagenet({ data, cache, onProgress }: TaskOptions): Promise<Task> {
  const place = resolve(data ?? join(cache, 'data/imagenet'));
  if (data !== undefined && !existsSync(data)) throw invalid('--data', 'an existing folder', data);
  const wnids = imagenetClasses().map(({ wnid }) => wnid);
  const tars = tarsIn(place);
  if (tars) {
    return fileTask('imagenet', imagenet, {
      classes: imagenetLabels(),
      test: readValTar(tars.val, await validationLabels([place], { wnids, cache, onProgress }), cache),
      train: readTrainTar(tars.train, wnids, cache),
      root: place,
    });
  }
  const root = IMAGE_FOLDERS.map((folder) => join(place, folder)).find((folder) =>
    existsSync(join(folder, 'train')),
  );
  if (root === undefined) throw new InputError(`No ImageNet in ${place}: it lacks train. ${WAY_OUT}`);
  const val = join(root, 'val');
  if (!existsSync(val)) throw new InputError(`No ImageNet in ${root}: it lacks val. ${WAY_OUT}`);
  const isInFolders = wnids.some((wnid) => existsSync(join(val, wnid)));
  return fileTask('imagenet', imagenet, {
    classes: imagenetLabels(),
    // First what is quick to find missing.
    test: isInFolders
      ? readClassFolders(val, wnids)
      : readFlat(val, await validationLabels(placesAbove(root, place), { wnids, cache, onProgress })),
    train: readClassFolders(join(root, 'train'), wnids),
    root,
  });
}

/** The images' folder, those above it that are Kaggle's, and the one that was named. */
function placesAbove(root: string, place: string): string[] {
  const places = [root];
  for (let at = root; KAGGLE_FOLDERS.includes(basename(at)); at = dirname(at)) places.push(dirname(at));
  return [...new Set([...places, place])];
}

/** `ILSVRC2012_val_00000001.JPEG` and so on, with their labels by number. */
function readFlat(
  val: string,
  { source, labels }: { source: string; labels: ReadonlyMap<number, number> },
): Dataset {
  const files = new LabelledFiles();
  const folder = files.addFolder(val);
  for (const name of imagesIn(val)) {
    const number = /^ILSVRC2012_val_(\d{8})\./.exec(name)?.[1];
    const label = labels.get(Number(number));
    if (label === undefined) {
      throw new InputError(
        `${join(val, name)} has no label in ${source}, which has those of ILSVRC2012_val_00000001 to ` +
          `ILSVRC2012_val_${String(labels.size).padStart(8, '0')}. Remove it, or get ${source} again.`,
      );
    }
    files.add(folder, name, label, source);
  }
  return files.dataset();
}
