import { join } from 'node:path';
import type { DownloadOptions } from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { Dataset, Task } from '../dataset.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { fileTask } from './file-task.js';
import { LabelledFiles } from './labelled-files.js';
import { linesOf } from './lines.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

const HOME = 'https://www.robots.ox.ac.uk/~vgg/data/pets/';

/** Oxford-IIIT Pets' archives: photographs, and lists of them with their breeds. */
export const PETS: TaskFiles = {
  title: 'Oxford-IIIT Pets',
  folder: 'oxford-iiit-pet',
  // Sizes and checksums: tensorflow/datasets, tensorflow_datasets/url_checksums/oxford_iiit_pet.txt.
  files: [
    {
      url: `${HOME}data/images.tar.gz`,
      bytes: 791_918_971,
      sha256: '67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d',
      folder: 'images',
    },
    {
      url: `${HOME}data/annotations.tar.gz`,
      bytes: 19_173_078,
      sha256: '52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91',
      folder: 'annotations',
    },
  ],
};

/** Photographs of 37 breeds of cats and dogs. */
export const pets: TaskEntry = {
  title: PETS.title,
  classes: 37,
  images: { train: 3680, test: 3669 },
  downloadBytes: bytesOf(PETS),
  licence: "CC BY-SA 4.0; the photographs remain their owners'; O. M. Parkhi et al., 2012",
  origin: HOME,
  load: (options) => loadPets(PETS, options),
};

/**
 * Reads Oxford-IIIT Pets from `data`, or else from the cache, where it is downloaded to when needed.
 *
 * @throws InputError for missing files, lines that name no image and breed, or a failed download
 */
export async function loadPets(files: TaskFiles, options: TaskOptions & DownloadOptions): Promise<Task> {
  const [images, annotations] = (await provideFiles(files, options)) as [string, string];
  /** Their names by label; both lists add to it. */
  const breeds = new Map<number, string>();
  const train = readList(join(annotations, 'trainval.txt'), images, breeds);
  const test = readList(join(annotations, 'test.txt'), images, breeds);
  const classes = Array.from({ length: Math.max(0, ...breeds.keys()) + 1 }, (_, label) => {
    const name = breeds.get(label);
    if (name === undefined)
      throw new InputError(`${annotations} has no images of the breed ${label + 1}. Get it again.`);
    return name;
  });
  return fileTask('pets', pets, { classes, train, test, root: images });
}

/** Lines of a list: name of the image, which is its breed and a number, then the breed as a number from 1. */
function readList(list: string, images: string, breeds: Map<number, string>): Dataset {
  const files = new LabelledFiles();
  const folder = files.addFolder(images);
  for (const { text, where } of linesOf(list)) {
    const [, image, breed, id] = /^((\S+)_\d+)\s+(\d+)\s/.exec(text) ?? [];
    const label = Number(id) - 1;
    if (image === undefined || breed === undefined || !(label >= 0 && label < 1000)) {
      throw new InputError(
        `Expected the name of an image and the number of its breed, like 'Abyssinian_100 1 1 1', in ${where}, received '${text}'.`,
      );
    }
    const name = readable(breed);
    const known = breeds.get(label) ?? name;
    breeds.set(label, known);
    if (known !== name) {
      throw new InputError(
        `${where} gives ${image} the number ${id}, which is that of ${known}. Get it again.`,
      );
    }
    files.add(folder, `${image}.jpg`, label, where);
  }
  return files.dataset();
}

/** `american_bulldog` as `American Bulldog`. */
const readable = (breed: string): string =>
  breed.replace(/(^|_)([a-z]?)/g, (_, gap: string, first: string) => (gap && ' ') + first.toUpperCase());
