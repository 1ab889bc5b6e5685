import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { DownloadOptions, RemoteFile } from '../../download/index.js';
import { InputError } from '../../errors.js';
import { type Dataset, fingerprint, type Task } from '../dataset.js';
import type { TaskEntry, TaskOptions } from './entry.js';
import { bytesOf, provideFiles, type TaskFiles } from './task-files.js';

const SIDE = 28;
const IMAGE_BYTES = SIDE * SIDE;
/** First four bytes of an idx file: unsigned bytes in three dimensions, or in one. */
const IMAGES_MAGIC = 0x803;
const LABELS_MAGIC = 0x801;
/** No file of this layout is unpacked beyond it: far above the 47 MB of the official training images. */
const MAX_BYTES = 2 ** 30;

const SOURCE = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';
const file = (name: string, bytes: number, md5: string): RemoteFile => ({
  url: `${SOURCE}${name}`,
  bytes,
  md5,
});

/** Fashion-MNIST's files (arXiv 1708.07747), as its authors distribute them: images and labels of train, then of test. */
export const FASHION_MNIST: TaskFiles = {
  title: 'Fashion-MNIST',
  folder: 'fashion-mnist',
  files: [
    file('train-images-idx3-ubyte.gz', 26_421_880, '8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
    file('train-labels-idx1-ubyte.gz', 29_515, '25c81989df183df01b3e8a0aad5dffbe'),
    file('t10k-images-idx3-ubyte.gz', 4_422_102, 'bef4ecab320f06d8554ea6380940ec79'),
    file('t10k-labels-idx1-ubyte.gz', 5148, 'bb300cfdad3c16e7a12a480ee83cd310'),
  ],
};

const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** 28 x 28 grey pictures of 10 kinds of clothing. */
export const fashionMnist: TaskEntry = {
  title: FASHION_MNIST.title,
  classes: CLASSES.length,
  images: { train: 60_000, test: 10_000 },
  imageShape: [SIDE, SIDE],
  downloadBytes: bytesOf(FASHION_MNIST),
  licence: 'MIT; Zalando SE, 2017',
  origin: 'https://github.com/zalandoresearch/fashion-mnist',
  load: (options) => loadFashionMnist(FASHION_MNIST, options),
};

/**
 * Reads Fashion-MNIST from `data`, or else from the cache, where it is downloaded to when needed. Files may be gzipped or
 * plain, and hold any number of images; grey becomes three equal channels.
 *
 * @throws InputError for missing, damaged or foreign files, or a failed download
 */
export async function loadFashionMnist(
  files: TaskFiles,
  options: TaskOptions & DownloadOptions,
): Promise<Task> {
  const [trainImages, trainLabels, testImages, testLabels] = await provideFiles(files, options);
  const train = readSplit(trainImages!, trainLabels!);
  const test = readSplit(testImages!, testLabels!);
  return {
    name: 'fashion-mnist',
    classes: CLASSES,
    train,
    test,
    licence: fashionMnist.licence,
    origin: fashionMnist.origin,
    fingerprint: fingerprint(CLASSES, [train, test]),
  };
}

function readSplit(imagesPath: string, labelsPath: string): Dataset {
  const grey = readIdx(imagesPath, IMAGES_MAGIC, [SIDE, SIDE]);
  const bytes = readIdx(labelsPath, LABELS_MAGIC, []);
  const length = grey.length / IMAGE_BYTES;
  if (bytes.length !== length) {
    throw new InputError(
      `${imagesPath} holds ${length} images and ${labelsPath} ${bytes.length} labels: they do not belong together. Get both again.`,
    );
  }
  const wrong = bytes.findIndex((label) => label >= CLASSES.length);
  if (wrong >= 0) {
    throw new InputError(
      `${labelsPath} holds the label ${bytes[wrong]} at ${wrong}; Fashion-MNIST has 0..${CLASSES.length - 1}. ` +
        'It is another data set, or damaged: get it again.',
    );
  }
  const pixels = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) pixels.fill(grey[i]!, 3 * i, 3 * i + 3);
  return {
    length,
    labels: Int32Array.from(bytes),
    source: { kind: 'array', pixels, height: SIDE, width: SIDE },
  };
}

/**
 * The values of an idx file: big-endian magic number, number of items, size of an item in each dimension, then bytes.
 *
 * @param item size of one item; `[]` for single bytes
 */
function readIdx(path: string, magic: number, item: readonly number[]): Uint8Array {
  const bytes = unpacked(path);
  const header = 4 * (2 + item.length);
  const foreign = (what: string) =>
    new InputError(`${path} is not Fashion-MNIST in its idx layout: ${what}. Get it again.`);
  const found = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  if (found !== magic)
    throw foreign(`it starts with 0x${found.toString(16)}, expected 0x${magic.toString(16)}`);
  if (bytes.length < header) throw foreign(`it ends after ${bytes.length} bytes`);
  const [count, ...size] = Array.from({ length: 1 + item.length }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  if (item.some((side, i) => size[i] !== side)) {
    throw foreign(`an item has ${size.join(' x ')} values, expected ${item.join(' x ')}`);
  }
  const expected = header + count! * item.reduce((a, b) => a * b, 1);
  if (count === 0) throw foreign('it is empty');
  if (bytes.length !== expected) throw foreign(`expected ${expected} bytes, received ${bytes.length}`);
  return bytes.subarray(header);
}

function unpacked(path: string): Buffer {
  const bytes = readFileSync(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw new InputError(`${path} cannot be unpacked: ${(error as Error).message}. Get it again.`);
  }
}
