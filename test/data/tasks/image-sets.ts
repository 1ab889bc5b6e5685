import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imagenetClasses } from '../../../models/labels/index.js';
import { nameOf, type TaskFiles } from '../../../src/data/tasks/task-files.js';
import { serve, temporaryFolder, write } from '../fixtures.js';

/** Small copies of image data sets in their official layouts, with empty files for images. */

export const WNIDS = imagenetClasses().map(({ wnid }) => wnid);
export const IMAGENETTE_WNIDS = [0, 217, 482, 491, 497, 566, 569, 571, 574, 701].map(
  (index) => WNIDS[index]!,
);

/** A file that scipy wrote: see `by-scipy/write.py`. */
export function copyByScipy(name: string, folder: string): void {
  cpSync(fileURLToPath(new URL(`by-scipy/${name}`, import.meta.url)), join(folder, name));
}

/** Two images a class to train on, one held out. */
export function writeImagenette(folder = temporaryFolder(), name = 'imagenette2'): string {
  for (const wnid of IMAGENETTE_WNIDS) {
    for (const n of [7, 12]) write(join(folder, name, 'train', wnid, `${wnid}_${n}.JPEG`), '');
    write(join(folder, name, 'val', wnid, `ILSVRC2012_val_0000${wnid.slice(-4)}.JPEG`), '');
  }
  write(join(folder, name, 'noisy_imagenette.csv'), 'path,noisy_labels_0\n');
  return folder;
}

/** Three images a class, one in each set. */
export function writeFlowers(folder = temporaryFolder()): string {
  for (let n = 1; n <= 306; n++) write(join(folder, `jpg/image_${String(n).padStart(5, '0')}.jpg`), '');
  for (const name of ['imagelabels.mat', 'setid.mat']) copyByScipy(name, folder);
  return folder;
}

/** 37 breeds; one image of each to train on, and two held out. */
export function writePets(folder = temporaryFolder()): string {
  const breeds = [
    'Abyssinian',
    'american_bulldog',
    ...Array.from({ length: 35 }, (_, i) => `cat_number_${i}`),
  ];
  const lines = (numbers: number[]) =>
    breeds.flatMap((breed, label) => numbers.map((n) => `${breed}_${n} ${label + 1} 1 1\n`)).join('');
  for (const breed of breeds)
    for (const n of [3, 10, 11]) write(join(folder, `images/${breed}_${n}.jpg`), '');
  write(join(folder, 'annotations/trainval.txt'), `#Image CLASS-ID SPECIES BREED ID\n${lines([10])}`);
  write(join(folder, 'annotations/test.txt'), lines([3, 11]));
  return folder;
}

/** 101 dishes; two images of each to train on, and one held out. */
export function writeFood(folder = temporaryFolder()): string {
  const root = join(folder, 'food-101');
  const dishes = Array.from({ length: 101 }, (_, i) => `dish_no_${String(i).padStart(3, '0')}`);
  const lines = (numbers: number[]) =>
    dishes.flatMap((dish) => numbers.map((n) => `${dish}/${n}\n`)).join('');
  for (const dish of dishes) for (const n of [1, 2, 3]) write(join(root, `images/${dish}/${n}.jpg`), '');
  write(join(root, 'meta/classes.txt'), dishes.map((dish) => `${dish}\n`).join(''));
  write(join(root, 'meta/labels.txt'), dishes.map((_, i) => `Dish ${i}\r\n`).join(''));
  write(join(root, 'meta/train.txt'), lines([3, 1]));
  write(join(root, 'meta/test.txt'), lines([2]));
  return folder;
}

/** 196 models; one image of each to train on, and one held out. */
export function writeCars(folder = temporaryFolder()): string {
  for (const set of ['train', 'test']) {
    for (let n = 1; n <= 196; n++) write(join(folder, `cars_${set}/${String(n).padStart(5, '0')}.jpg`), '');
  }
  for (const name of ['cars_meta.mat', 'cars_train_annos.mat']) copyByScipy(name, join(folder, 'devkit'));
  copyByScipy('cars_test_annos_withlabels.mat', folder);
  return folder;
}

/** 1,000 classes; one image of each to train on, and one held out. */
export function writeImagenet(root = temporaryFolder()): string {
  for (const wnid of WNIDS) {
    write(join(root, 'train', wnid, `${wnid}_18.JPEG`), '');
    write(join(root, 'val', wnid, 'ILSVRC2012_val_00000293.JPEG'), '');
  }
  return root;
}

/** Packs folders of `from` as the archives of a task, and gives all of its files by their names. */
export function packed(task: TaskFiles, from: string): Record<string, Buffer> {
  const contents: Record<string, Buffer> = {};
  for (const file of task.files) {
    const name = nameOf(file);
    if ('folder' in file) {
      const archive = join(temporaryFolder(), name);
      execFileSync('tar', ['-czf', archive, '-C', from, file.folder]);
      contents[name] = readFileSync(archive);
    } else contents[name] = readFileSync(join(from, name));
  }
  return contents;
}

/** The task with these files, at another address. */
export const withContents = <T extends TaskFiles>(
  task: T,
  contents: Record<string, Buffer>,
  url: string,
): T => ({
  ...task,
  files: task.files.map((file) => {
    const content = contents[nameOf(file)]!;
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { ...file, url: `${url}/${nameOf(file)}`, bytes: content.length, sha256 };
  }),
});

/** The task with its files, made of a folder, on a local server. */
export async function served<T extends TaskFiles>(
  task: T,
  from: string,
): Promise<{ task: T; ranges: (string | undefined)[] }> {
  const contents = packed(task, from);
  const { url, ranges } = await serve((request, response) => response.end(contents[request.url!.slice(1)]));
  return { task: withContents(task, contents, url), ranges };
}
