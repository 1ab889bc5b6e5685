import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import {
  arrayOf,
  bestFolder,
  type CifarForm,
  type CifarLayout,
  checkedLabel,
  checkedNames,
  IMAGE_BYTES,
  interleave,
} from './cifar-layout.js';

/** The binary layout: records of label bytes, then 3 planes (red, green, blue) of 32 x 32. A file may hold any number of them. */
export const binary: CifarForm = {
  title: 'binary',
  find: (layout, data) =>
    bestFolder(
      [data, join(data, layout.archive.folder)],
      (folder) => missingFiles(layout, folder),
      layout.train.length + layout.test.length,
    ),
  read: async (layout, folder) => ({
    classes: readNames(layout, folder),
    train: readRecords(layout, folder, layout.train),
    test: readRecords(layout, folder, layout.test),
  }),
};

function missingFiles({ train, test }: CifarLayout, folder: string): string[] {
  return [...train, ...test].filter((file) => !existsSync(join(folder, file)));
}

function readNames(layout: CifarLayout, folder: string): readonly string[] {
  const file = join(folder, layout.namesFile);
  if (!existsSync(file)) return layout.classes;
  const names = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return checkedNames(layout, names, file);
}

function readRecords(layout: CifarLayout, folder: string, files: readonly string[]): Dataset {
  const recordBytes = layout.labelBytes + IMAGE_BYTES;
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
  const pixels = new Uint8Array(length * IMAGE_BYTES);
  let row = 0;
  for (const path of paths) {
    const records = readFileSync(path);
    for (let at = 0; at < records.length; at += recordBytes, row++) {
      labels[row] = checkedLabel(layout, records[at + layout.labelAt]!, path, at / recordBytes);
      interleave(records, at + layout.labelBytes, pixels, row * IMAGE_BYTES);
    }
  }
  return arrayOf(labels, pixels);
}
