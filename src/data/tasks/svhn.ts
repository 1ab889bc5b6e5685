import type { DownloadOptions, RemoteFile } from '../../download/index.js';
import { InputError } from '../../errors.js';
import { type Dataset, fingerprint, type Task } from '../dataset.js';
import { type MatArray, numbers, readMat } from '../mat/index.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const IMAGE_BYTES = 3 * PLANE;
const CLASSES = Array.from({ length: 10 }, (_, digit) => String(digit));

const SOURCE = 'http://ufldl.stanford.edu/housenumbers/';
const file = (name: string, bytes: number, md5: string): RemoteFile => ({
  url: `${SOURCE}${name}`,
  bytes,
  md5,
});
const TRAIN = file('train_32x32.mat', 182_040_794, 'e26dedcc434d2e4c54c9b2d4a06d8373');
const TEST = file('test_32x32.mat', 64_275_384, 'eb5a983be6a315427106f1b164d9cef3');
const EXTRA = file('extra_32x32.mat', 1_329_278_602, 'a93ce644f1a588dc4d68dda5feec44a7');

/** SVHN (Y. Netzer et al., 2011) as cropped digits: the held-out file first, then those to train on. */
export interface SvhnLayout extends TaskFiles {
  name: string;
}

/** The training images alone. */
export const SVHN: SvhnLayout = { name: 'svhn', title: 'SVHN', folder: 'svhn', files: [TEST, TRAIN] };

/** With the 531,131 easier extra images, all that there is: takes up to three times its 1.9 GB while it is read. */
export const SVHN_EXTRA: SvhnLayout = {
  name: 'svhn-extra',
  title: 'SVHN with its extra images',
  folder: 'svhn',
  files: [TEST, TRAIN, EXTRA],
};

const entry = (layout: SvhnLayout, train: number): TaskEntry => ({
  title: layout.title,
  classes: CLASSES.length,
  images: { train, test: 26_032 },
  imageShape: [SIDE, SIDE],
  downloadBytes: bytesOf(layout),
  licence: 'for non-commercial use only; cite Y. Netzer et al.: Reading Digits in Natural Images, 2011',
  origin: SOURCE,
  load: (options) => loadSvhn(layout, options),
});

/** 32 x 32 photographs of single digits of house numbers. */
export const svhn = entry(SVHN, 73_257);

/** The same, with the extra images to train on. */
export const svhnExtra = entry(SVHN_EXTRA, 604_388);

/**
 * Reads SVHN from `data`, or else from the cache, where it is downloaded to when needed. A file may hold any number of images.
 *
 * @throws InputError for missing, damaged or foreign files, or a failed download
 */
export async function loadSvhn(layout: SvhnLayout, options: TaskOptions & DownloadOptions): Promise<Task> {
  const [testPath, ...trainPaths] = await provideFiles(layout, options);
  const test = readSplit([testPath!]);
  const train = readSplit(trainPaths);
  return {
    name: layout.name,
    classes: CLASSES,
    train,
    test,
    mirrors: false,
    licence: svhn.licence,
    origin: svhn.origin,
    fingerprint: fingerprint(CLASSES, [train, test]),
  };
}

function readSplit(paths: readonly string[]): Dataset {
  const parts = paths.map(readFile);
  const length = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Int32Array(length);
  const pixels = new Uint8Array(length * IMAGE_BYTES);
  let row = 0;
  // What was read goes as soon as it is copied: the extra images are 1.6 GB.
  for (let next = parts.shift(); next; next = parts.shift()) {
    labels.set(next.labels, row);
    for (let i = 0; i < next.labels.length; i++, row++) {
      turn(next.planes, i * IMAGE_BYTES, pixels, row * IMAGE_BYTES);
    }
  }
  return { length, labels, source: { kind: 'array', pixels, height: SIDE, width: SIDE } };
}

/** Labels, and pixels as `[n, 3, 32 columns, 32 rows]`: MATLAB's `[32 rows, 32 columns, 3, n]` from behind. */
function readFile(path: string): { labels: Int32Array; planes: Uint8Array } {
  const { X, y } = readMat(path, { X: numbers, y: numbers });
  const foreign = (what: string) =>
    new InputError(`${path} is not SVHN's cropped digits: ${what}. Get it again.`);
  // MATLAB drops a last dimension of 1.
  const [rows, columns, channels, length = 1] = X.shape;
  if (rows !== SIDE || columns !== SIDE || channels !== 3 || X.shape.length > 4 || length === 0)
    throw foreign(`X has the shape ${X.shape.join(' x ')}, expected 32 x 32 x 3 x images`);
  if (!(X.values instanceof Uint8Array)) throw foreign('X is not of unsigned bytes');
  if (y.values.length !== length) throw foreign(`it holds ${length} images and ${y.values.length} labels`);
  return { labels: labelsOf(y, foreign), planes: X.values };
}

/** Digits of the labels: 1 to 9 are themselves, 10 is 0. */
function labelsOf({ values }: MatArray, foreign: (what: string) => InputError): Int32Array {
  const wrong = values.findIndex((label: number) => !(Number.isInteger(label) && label >= 1 && label <= 10));
  if (wrong >= 0) throw foreign(`it holds the label ${values[wrong]} at ${wrong}; SVHN has 1..10`);
  return Int32Array.from(values, (label) => label % 10);
}

/** One image, `[3, 32 columns, 32 rows]` to `[32, 32, 3]`. */
function turn(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let column = 0; column < SIDE; column++) {
      const start = from + channel * PLANE + column * SIDE;
      for (let row = 0; row < SIDE; row++) {
        pixels[to + 3 * (row * SIDE + column) + channel] = planes[start + row]!;
      }
    }
  }
}
