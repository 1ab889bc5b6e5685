import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { unpackArchive } from '../../download/index.js';
import { InputError } from '../../errors.js';
import { number, readMat, structures, text } from '../mat/index.js';
import type { TaskOptions } from './entry.js';
import { linesOf } from './lines.js';

/** Folder of the challenge's development kit, and the name of its archive without its ending. */
export const DEVKIT = 'ILSVRC2012_devkit_t12';
/** Kaggle's labels of the validation images. */
export const SOLUTION = 'LOC_val_solution.csv';

/** Labels of the validation images by the number in their names, and the file that they are from. */
export interface ValidationLabels {
  source: string;
  labels: ReadonlyMap<number, number>;
}

/**
 * The labels of ImageNet's validation images, from the development kit (unpacked or not) or Kaggle's solution.
 *
 * @param places folders to look for them in
 * @throws InputError when there are neither, or they are not what they should be
 */
export async function validationLabels(
  places: readonly string[],
  { wnids, ...options }: Pick<TaskOptions, 'cache' | 'onProgress'> & { wnids: readonly string[] },
): Promise<ValidationLabels> {
  const classes = new Map(wnids.map((wnid, label) => [wnid, label]));
  const devkit = await findDevkit(places, options);
  if (devkit !== undefined) return readDevkit(devkit, classes);
  const solution = places.map((place) => join(place, SOLUTION)).find((path) => existsSync(path));
  if (solution !== undefined) return readSolution(solution, classes);
  throw new InputError(
    `The validation images of ImageNet in ${places[0]} are in no class folders, and there is nothing to tell their classes by. ` +
      `Put ${DEVKIT}.tar.gz from https://image-net.org/download-images there, or ${SOLUTION} from Kaggle.`,
  );
}

async function findDevkit(
  places: readonly string[],
  { cache, onProgress }: Pick<TaskOptions, 'cache' | 'onProgress'>,
): Promise<string | undefined> {
  const found = places.map((place) => join(place, DEVKIT)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const archive = places.map((place) => join(place, `${DEVKIT}.tar.gz`)).find((path) => existsSync(path));
  if (archive === undefined) return undefined;
  const directory = join(cache, 'data/imagenet');
  const unpacked = join(directory, DEVKIT);
  if (!existsSync(unpacked)) {
    mkdirSync(directory, { recursive: true });
    await unpackArchive({ url: archive, folder: DEVKIT }, archive, directory, { onProgress });
  }
  return unpacked;
}

/** Line n has the class of image n, by a number of its own that meta.mat gives. */
function readDevkit(devkit: string, classes: ReadonlyMap<string, number>): ValidationLabels {
  const meta = join(devkit, 'data/meta.mat');
  const source = join(devkit, 'data/ILSVRC2012_validation_ground_truth.txt');
  const missing = [meta, source].filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new InputError(`${missing.join(' and ')} is missing. Unpack ${DEVKIT}.tar.gz again.`);
  const { synsets } = readMat(meta, { synsets: structures({ ILSVRC2012_ID: number, WNID: text }) });
  // Behind the classes come the synsets above them.
  const byId = new Map(synsets.map(({ ILSVRC2012_ID, WNID }) => [ILSVRC2012_ID, classes.get(WNID)]));
  const labels = new Map<number, number>();
  for (const { text: id, where } of linesOf(source)) {
    const label = byId.get(Number(id));
    if (label === undefined)
      throw new InputError(
        `Expected the number of a class in ${where}, received '${id}'. ${meta} has no such.`,
      );
    labels.set(labels.size + 1, label);
  }
  return { source, labels };
}

/** A heading, then `ILSVRC2012_val_00048981,n03995372 85 1 499 272`: the first synset is that of all boxes. */
function readSolution(source: string, classes: ReadonlyMap<string, number>): ValidationLabels {
  const labels = new Map<number, number>();
  for (const { text: line, where } of linesOf(source)) {
    if (line.startsWith('ImageId')) continue;
    const [, id, wnid] = /^ILSVRC2012_val_(\d{8}),(n\d{8})\b/.exec(line) ?? [];
    const label = classes.get(wnid ?? '');
    if (label === undefined) {
      throw new InputError(
        `Expected a validation image and its synset, like 'ILSVRC2012_val_00048981,n03995372 85 1 499 272', in ${where}, received '${line}'.`,
      );
    }
    labels.set(Number(id), label);
  }
  return { source, labels };
}
