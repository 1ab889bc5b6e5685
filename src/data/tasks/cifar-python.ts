import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ByteCursor } from '../../bytes/byte-cursor.js';
import { withFile } from '../../bytes/byte-source.js';
import { InputError } from '../../errors.js';
import {
  asText,
  integersOf,
  NumpyArray,
  numpyAllowList,
  type PickleValue,
  Unpickler,
} from '../../pickle/index.js';
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

/** The Python layout: pickles of a dict with rows of 3 planes of 32 x 32 under `data`, and a list of labels. */
export const python: CifarForm = {
  title: 'Python',
  find: ({ python: { folder: own, train, test } }, data) => {
    const files = [...train, ...test];
    const missingIn = (folder: string) => files.filter((file) => !isFile(join(folder, file)));
    return bestFolder([data, join(data, own)], missingIn, files.length);
  },
  read: async (layout, folder) => ({
    classes: readNames(layout, folder),
    train: readBatches(layout, folder, layout.python.train),
    test: readBatches(layout, folder, layout.python.test),
  }),
};

/** Files have no endings: a folder may be called like one. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** A dict by the text of its keys, which Python 2 wrote as bytes. */
function readDict(path: string): Map<string | undefined, PickleValue> {
  const root = withFile(path, (source) => new Unpickler(new ByteCursor(source), numpyAllowList(path)).load());
  if (!(root instanceof Map))
    throw new InputError(`Expected a pickled dict in ${path}, received something else.`);
  return new Map([...root].map(([key, value]) => [asText(key), value]));
}

function readNames(layout: CifarLayout, folder: string): readonly string[] {
  const { namesFile, names: key } = layout.python;
  const file = join(folder, namesFile);
  if (!existsSync(file)) return layout.classes;
  const names = readDict(file).get(key);
  const texts = Array.isArray(names) ? names.map(asText).filter((name) => name !== undefined) : [];
  return checkedNames(layout, texts, file);
}

function readBatches(layout: CifarLayout, folder: string, files: readonly string[]): Dataset {
  const batches = files.map((file) => readBatch(layout, join(folder, file)));
  const length = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Int32Array(length);
  const pixels = new Uint8Array(length * IMAGE_BYTES);
  let row = 0;
  for (const batch of batches) {
    labels.set(batch.labels, row);
    for (let i = 0; i < batch.labels.length; i++, row++)
      interleave(batch.planes, i * IMAGE_BYTES, pixels, row * IMAGE_BYTES);
  }
  return arrayOf(labels, pixels);
}

function readBatch(layout: CifarLayout, path: string): { labels: Int32Array; planes: Uint8Array } {
  const dict = readDict(path);
  const [data, given] = [dict.get('data'), integersOf(dict.get(layout.python.labels))];
  const keys = [...dict.keys()].join(', ');
  if (!(data instanceof NumpyArray) || !given) {
    throw new InputError(
      `Expected an array under data and a list of integers under ${layout.python.labels} in ${path}; it holds ${keys}. ` +
        'It is another data set: get it again.',
    );
  }
  const { shape, dtype, bytes } = data;
  const wanted = `(${given.length}, ${IMAGE_BYTES}) of u1`;
  if (dtype !== 'u1' || shape.join() !== `${given.length},${IMAGE_BYTES}`) {
    throw new InputError(
      `Expected the shape ${wanted} of data in ${path}, as many rows as labels; received (${shape.join(', ')}) of ${dtype}.`,
    );
  }
  return {
    labels: Int32Array.from(given, (label, i) => checkedLabel(layout, label, path, i)),
    planes: bytes,
  };
}
