import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { TarFiles, TarImages } from '../images/index.js';
import { indexTar } from '../tar/index.js';

/** The official archives: they stay as they are, the images are read inside them. */
export const TRAIN_TAR = 'ILSVRC2012_img_train.tar';
export const VAL_TAR = 'ILSVRC2012_img_val.tar';

/** The archives of a folder, where both are there. */
export function tarsIn(place: string): { train: string; val: string } | undefined {
  const [train, val] = [join(place, TRAIN_TAR), join(place, VAL_TAR)];
  return existsSync(train) && existsSync(val) ? { train, val } : undefined;
}

/**
 * The training images: an archive that holds one archive a class.
 *
 * @param wnids of the classes, in their order
 * @throws InputError for an archive of another class, and classes that are missing
 */
export function readTrainTar(path: string, wnids: readonly string[], cache: string): Dataset {
  const places = new Map(wnids.map((wnid, place) => [wnid, place]));
  const seen = new Set<number>();
  const dataset = labelled(path, cache, (name) => {
    const wnid = name.slice(0, name.indexOf('.'));
    const label = places.get(wnid);
    if (label === undefined)
      throw new InputError(
        `${path} holds ${name}, which is of none of the ${wnids.length} classes. Get it again.`,
      );
    seen.add(label);
    return label;
  });
  const missing = wnids.filter((_, place) => !seen.has(place));
  if (missing.length > 0) {
    throw new InputError(
      `${path} has no images of ${missing.length} of the ${wnids.length} classes, first ${missing[0]}. Get it again.`,
    );
  }
  return dataset;
}

/**
 * The validation images, with their labels by number.
 *
 * @throws InputError for an image without a label
 */
export function readValTar(
  path: string,
  { source, labels }: { source: string; labels: ReadonlyMap<number, number> },
  cache: string,
): Dataset {
  return labelled(path, cache, (name) => {
    const label = labels.get(Number(/^ILSVRC2012_val_(\d{8})\./.exec(basename(name))?.[1]));
    if (label === undefined)
      throw new InputError(`${path}: ${name} has no label in ${source}. Get both again.`);
    return label;
  });
}

function labelled(path: string, cache: string, labelOf: (name: string) => number): Dataset {
  const files = new TarFiles([indexTar(path, cache)]);
  const { names } = files.indexes[0]!;
  const all = Int32Array.from({ length: files.length }, (_, row) => row);
  return {
    length: files.length,
    labels: all.map((row) => labelOf(names.at(row))),
    source: { kind: 'encoded', images: new TarImages(files, all) },
  };
}
