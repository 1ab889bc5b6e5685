import type { RemoteArchive } from '../../download/index.js';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';

/** Side of an image in pixels. */
export const SIDE = 32;
const PLANE = SIDE * SIDE;
/** Bytes of an image. */
export const IMAGE_BYTES = 3 * PLANE;

/** One of the CIFAR data sets, with how it lies in each of the layouts that it is spread in. */
export interface CifarLayout {
  name: string;
  title: string;
  /** Of the binary layout, which is the one that is downloaded. */
  archive: RemoteArchive;
  train: readonly string[];
  test: readonly string[];
  /** Label bytes of a record. */
  labelBytes: number;
  /** Which of them is the label wanted. */
  labelAt: number;
  /** File beside the images that holds the class names, one a line; used where it exists. */
  namesFile: string;
  python: {
    /** Folder of the archive. */
    folder: string;
    train: readonly string[];
    test: readonly string[];
    /** Key of the labels wanted. */
    labels: string;
    /** File of the class names, used where it exists, and their key. */
    namesFile: string;
    names: string;
  };
  /** Column of the labels wanted in Hugging Face's parquet files. */
  labelColumn: string;
  classes: readonly string[];
  licence: string;
}

/** What CIFAR's author says about using it: nothing beyond how to cite it. */
export const CIFAR_LICENCE =
  'none stated by its author; cite A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009';

/** What is read of a CIFAR data set. */
export interface CifarImages {
  classes: readonly string[];
  train: Dataset;
  test: Dataset;
}

/** A way in which the files of a CIFAR data set are laid out. */
export interface CifarForm {
  /** What messages call it: `binary`. */
  title: string;
  /** The folder in `data` that may hold the files, and which of them it lacks; undefined where it has none of them. */
  find(layout: CifarLayout, data: string): { folder: string; missing: readonly string[] } | undefined;
  /** @throws InputError that names the file that is not as it should be, and the record in it */
  read(layout: CifarLayout, folder: string): Promise<CifarImages>;
}

/** A label of a record. @throws InputError where there is no such class */
export function checkedLabel(
  { title, classes }: CifarLayout,
  label: number,
  path: string,
  record: number,
): number {
  if (label >= 0 && label < classes.length) return label;
  throw new InputError(
    `${path} holds the label ${label} in record ${record}; ${title} has 0..${classes.length - 1}. ` +
      'It is another data set, or damaged: get it again.',
  );
}

/** The class names of a file, which has to have as many as there are classes. */
export function checkedNames(
  { classes }: CifarLayout,
  names: readonly string[],
  file: string,
): readonly string[] {
  if (names.length === classes.length) return names;
  throw new InputError(`Expected ${classes.length} class names in ${file}, received ${names.length}.`);
}

/** A data set of pixels in memory. */
export const arrayOf = (labels: Int32Array, pixels: Uint8Array): Dataset => ({
  length: labels.length,
  labels,
  source: { kind: 'array', pixels, height: SIDE, width: SIDE },
});

/** Planar `[3, 32, 32]` to `[32, 32, 3]`. */
export function interleave(planar: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PLANE; i++) {
    pixels[to + 3 * i] = planar[from + i]!;
    pixels[to + 3 * i + 1] = planar[from + PLANE + i]!;
    pixels[to + 3 * i + 2] = planar[from + 2 * PLANE + i]!;
  }
}

/** Which of two folders has more of the files: the one given, or one in it. */
export function bestFolder(
  candidates: readonly string[],
  missingIn: (folder: string) => readonly string[],
  total: number,
): { folder: string; missing: readonly string[] } | undefined {
  const [best] = candidates
    .map((folder) => ({ folder, missing: missingIn(folder) }))
    .sort((a, b) => a.missing.length - b.missing.length);
  return best && best.missing.length < total ? best : undefined;
}
