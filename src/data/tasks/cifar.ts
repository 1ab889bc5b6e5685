import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DownloadOptions, provideArchive, type RemoteArchive } from '../../download/index.js';
import { InputError, invalid } from '../../errors.js';
import { type Dataset, fingerprint, type Task } from '../dataset.js';
import type { TaskOptions } from './entry.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** One of the CIFAR data sets in its binary layout: records of label bytes, then 3 planes (red, green, blue) of 32 x 32. */
export interface CifarLayout {
  name: string;
  title: string;
  archive: RemoteArchive;
  train: readonly string[];
  test: readonly string[];
  /** Label bytes of a record. */
  labelBytes: number;
  /** Which of them is the label wanted. */
  labelAt: number;
  /** File beside the images that holds the class names, one a line; used where it exists. */
  namesFile: string;
  classes: readonly string[];
  licence: string;
}

/** What CIFAR's author says about using it: nothing beyond how to cite it. */
export const CIFAR_LICENCE =
  'none stated by its author; cite A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009';

/**
 * Reads a CIFAR data set from `data` (that folder, or the archive's own folder in it), or else from the cache, where it is
 * downloaded to when needed. A file may hold any number of records.
 *
 * @throws InputError for a missing folder or file, a file that is no sequence of records, or a failed download
 */
export async function loadCifar(
  layout: CifarLayout,
  { data, cache, onProgress, ...download }: TaskOptions & DownloadOptions,
): Promise<Task> {
  const folder =
    data === undefined
      ? await provideArchive(layout.archive, join(cache, 'data'), { onProgress, ...download })
      : locate(layout, data);
  const missing = missingFiles(layout, folder);
  if (missing.length > 0) {
    throw new InputError(
      `${folder} lacks ${missing.join(', ')}. Remove the folder to have it downloaded again.`,
    );
  }
  const classes = readNames(layout, folder);
  const train = readRecords(layout, folder, layout.train);
  const test = readRecords(layout, folder, layout.test);
  return {
    name: layout.name,
    classes,
    train,
    test,
    licence: layout.licence,
    origin: layout.archive.url,
    fingerprint: fingerprint(classes, [train, test]),
  };
}

function missingFiles({ train, test }: CifarLayout, folder: string): string[] {
  return [...train, ...test].filter((file) => !existsSync(join(folder, file)));
}

function locate(layout: CifarLayout, data: string): string {
  const wayOut = `Leave --data out to have ${layout.title} downloaded.`;
  if (!existsSync(data) || !statSync(data).isDirectory())
    throw invalid('--data', 'an existing folder', data, wayOut);
  const candidates = [data, join(data, layout.archive.folder)].filter((folder) => existsSync(folder));
  const complete = candidates.find((folder) => missingFiles(layout, folder).length === 0);
  if (complete !== undefined) return complete;
  const [best] = candidates.sort((a, b) => missingFiles(layout, a).length - missingFiles(layout, b).length);
  throw new InputError(
    `No ${layout.title} in its binary layout in ${best}: it lacks ${missingFiles(layout, best!).join(', ')}. ${wayOut}`,
  );
}

function readNames({ namesFile, classes }: CifarLayout, folder: string): readonly string[] {
  const file = join(folder, namesFile);
  if (!existsSync(file)) return classes;
  const names = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== classes.length) {
    throw new InputError(`Expected ${classes.length} class names in ${file}, received ${names.length}.`);
  }
  return names;
}

function readRecords(layout: CifarLayout, folder: string, files: readonly string[]): Dataset {
  const recordBytes = layout.labelBytes + 3 * PLANE;
  const paths = files.map((file) => join(folder, file));
  const counts = paths.map((path) => {
    const { size } = statSync(path);
    if (size === 0 || size % recordBytes !== 0) {
      throw new InputError(
        `${path} is not ${layout.title} in its binary layout: ${size} bytes is no multiple of ${recordBytes}, ` +
          'the bytes of an image with its label. It may be cut off: get it again.',
      );
    }
    return size / recordBytes;
  });
  const length = counts.reduce((a, b) => a + b, 0);
  const labels = new Int32Array(length);
  const pixels = new Uint8Array(length * 3 * PLANE);
  let row = 0;
  for (const path of paths) {
    const records = readFileSync(path);
    for (let at = 0; at < records.length; at += recordBytes, row++) {
      const label = records[at + layout.labelAt]!;
      if (label >= layout.classes.length) {
        throw new InputError(
          `${path} holds the label ${label} in record ${at / recordBytes}; ${layout.title} has 0..${layout.classes.length - 1}. ` +
            'It is another data set, or damaged: get it again.',
        );
      }
      labels[row] = label;
      interleave(records, at + layout.labelBytes, pixels, row * 3 * PLANE);
    }
  }
  return { length, labels, source: { kind: 'array', pixels, height: SIDE, width: SIDE } };
}

/** Planar `[3, 32, 32]` to `[32, 32, 3]`. */
function interleave(planar: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PLANE; i++) {
    pixels[to + 3 * i] = planar[from + i]!;
    pixels[to + 3 * i + 1] = planar[from + PLANE + i]!;
    pixels[to + 3 * i + 2] = planar[from + 2 * PLANE + i]!;
  }
}
