import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { type Dataset, fingerprint, select, type Task } from '../dataset.js';
import { splitStratified } from '../stratify.js';
import type { TaskEntry } from './entry.js';

const SIDE = 8;
const RECORD_BYTES = 1 + SIDE * SIDE;
/** Levels of a pixel are 0..16. */
const MAX_LEVEL = 16;
/** The split belongs to the data set and not to a run: its seed is fixed. */
const SPLIT_SEED = 1998;
const HELD_OUT = 0.2;

const origin = 'https://doi.org/10.24432/C50P49';
const licence = 'CC BY 4.0; E. Alpaydin and C. Kaynak, 1998';

/** Handwritten digits that come with this package: needs no network. */
export const digits: TaskEntry = {
  title: 'UCI Optical Recognition of Handwritten Digits (test set)',
  classes: 10,
  images: { train: 1438, test: 359 },
  imageShape: [SIDE, SIDE],
  downloadBytes: 0,
  licence,
  origin,
  load: async ({ data }) => {
    if (data !== undefined) {
      throw new InputError(`The task digits is part of this package: leave out --data ${data}.`);
    }
    return loadDigits();
  },
};

/** All 1,797 images in their original order, `[1797, 8, 8, 3]`, levels 0..16 scaled to 0..255. */
export function readDigits(): Dataset {
  const records = gunzipSync(readFileSync(join(packageRoot, 'src/data/tasks/digits/digits.bin.gz')));
  const length = records.length / RECORD_BYTES;
  const labels = new Int32Array(length);
  const pixels = new Uint8Array(length * SIDE * SIDE * 3);
  for (let row = 0; row < length; row++) {
    labels[row] = records[row * RECORD_BYTES]!;
    for (let i = 0; i < SIDE * SIDE; i++) {
      const level = records[row * RECORD_BYTES + 1 + i]!;
      const at = (row * SIDE * SIDE + i) * 3;
      pixels.fill(Math.round((level * 255) / MAX_LEVEL), at, at + 3);
    }
  }
  return { length, labels, source: { kind: 'array', pixels, height: SIDE, width: SIDE } };
}

function loadDigits(): Task {
  const all = readDigits();
  const rows = splitStratified(all.labels, HELD_OUT, SPLIT_SEED);
  const [train, test] = [select(all, rows.train), select(all, rows.test)];
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  return {
    name: 'digits',
    classes,
    train,
    test,
    defaultImageSize: 64,
    mirrors: false,
    licence,
    origin,
    fingerprint: fingerprint(classes, [train, test]),
  };
}
