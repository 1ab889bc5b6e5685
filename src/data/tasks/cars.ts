import { join } from 'node:path';
import type { DownloadOptions } from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { Dataset, Task } from '../dataset.js';
import { cells, number, readMat, structures, text } from '../mat/index.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { LabelledFiles } from './labelled-files.js';
import { provideFiles, type TaskFiles } from './task-files.js';

const HOST = 'https://ai.stanford.edu/~jkrause';

/** Stanford Cars' files: photographs to train on and to test with, the development kit, and the labels of the test. */
export const CARS: TaskFiles = {
  title: 'Stanford Cars',
  folder: 'stanford_cars',
  // Addresses, sizes and checksums: tensorflow/datasets, tensorflow_datasets/url_checksums/cars196.txt.
  files: [
    {
      url: `${HOST}/car196/cars_train.tgz`,
      bytes: 979_269_282,
      sha256: '512b227b30e2f0a8aab9e09485786ab4479582073a144998da74d64b801fd288',
      folder: 'cars_train',
    },
    {
      url: `${HOST}/car196/cars_test.tgz`,
      bytes: 977_350_468,
      sha256: 'bffea656d6f425cba3c91c6d83336e4c5f86c6cffd8975b0f375d3a10da8e243',
      folder: 'cars_test',
    },
    {
      url: `${HOST}/cars/car_devkit.tgz`,
      bytes: 330_960,
      sha256: 'b97deb463af7d58b6bfaa18b2a4de9829f0f79e8ce663dfa9261bf7810e9accd',
      folder: 'devkit',
    },
    {
      url: `${HOST}/car196/cars_test_annos_withlabels.mat`,
      bytes: 185_758,
      sha256: '790f75be8ea34eeded134cc559332baf23e30e91367e9ddca97d26ed9b895f05',
      elsewhere: 'devkit/cars_test_annos_withlabels.mat',
    },
  ],
  byHand:
    'Its authors serve it no longer; https://github.com/pytorch/vision/issues/7545 says where copies are. ' +
    'Put the files into a folder and name it with --data DIR.',
};

/** Photographs of 196 models of cars. */
export const cars: TaskEntry = {
  title: CARS.title,
  classes: 196,
  images: { train: 8144, test: 8041 },
  licence:
    'none that is still to be found; cite J. Krause et al.: 3D Object Representations for Fine-Grained Categorization, 2013',
  origin: `${HOST}/cars/car_dataset.html`,
  load: (options) => loadCars(CARS, options),
};

/**
 * Reads Stanford Cars from `data`, or from the cache where somebody put it there.
 *
 * @throws InputError for missing or damaged files: which to put where
 */
export async function loadCars(files: TaskFiles, options: TaskOptions & DownloadOptions): Promise<Task> {
  const paths = await provideFiles(files, options);
  const [trainFolder, testFolder, devkit, testList] = paths as [string, string, string, string];
  const classes = readMat(join(devkit, 'cars_meta.mat'), { class_names: cells(text) }).class_names;
  const trainList = join(devkit, 'cars_train_annos.mat');
  return fileTask('cars', cars, {
    classes,
    train: readAnnotations(trainList, trainFolder, classes.length),
    test: readAnnotations(testList, testFolder, classes.length),
    root: join(trainFolder, '..'),
  });
}

function readAnnotations(list: string, images: string, classes: number): Dataset {
  const { annotations } = readMat(list, { annotations: structures({ fname: text, class: number }) });
  const files = new LabelledFiles();
  const folder = files.addFolder(images);
  for (const [i, { fname, class: id }] of annotations.entries()) {
    if (!(Number.isInteger(id) && id >= 1 && id <= classes)) {
      throw new InputError(
        `${list} gives ${fname} the class ${id} in entry ${i}; there are 1..${classes}. Get it again.`,
      );
    }
    files.add(folder, fname, id - 1, `${list}, entry ${i}`);
  }
  return files.dataset();
}
