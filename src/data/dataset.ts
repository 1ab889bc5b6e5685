import { createHash } from 'node:crypto';
import { InputError, invalid } from '../errors.js';
import { type ImageStore, namesOf } from './images/index.js';
import type { NoisyLabels } from './noise/noisy-labels.js';
import { sampleStratified } from './stratify.js';

/** Raw pixels of all images in memory, `[n, height, width, 3]` in row-major order: enlarged on the device, never decoded. */
export interface ArraySource {
  kind: 'array';
  pixels: Uint8Array;
  height: number;
  width: number;
}

/** Encoded images, each decoded to the wanted size when its turn comes. */
export interface EncodedSource {
  kind: 'encoded';
  images: ImageStore;
}

/** What a frozen part of a network makes of the images, computed once: what trains takes these in their place. */
export interface FeatureSource {
  kind: 'features';
  /** `[n, height, width, channels]` in row-major order */
  values: Float32Array;
  height: number;
  width: number;
  channels: number;
}

/** Where the images of a data set are. */
export type Source = ArraySource | EncodedSource | FeatureSource;

/** Labelled images of one split. */
export interface Dataset {
  /** Number of images. */
  length: number;
  /** Class index of each image, `[length]`. */
  labels: Int32Array;
  source: Source;
}

/** What is to be learned: classes, images to train on, images held out. */
export interface Task {
  name: string;
  /** Class names; a label is an index into them. */
  classes: readonly string[];
  train: Dataset;
  /** The held-out split, whatever it was called where it came from. */
  test: Dataset;
  /** Whether chance divided it: the data has no held-out split of its own. @default false */
  isDivided?: boolean;
  /** Side in pixels that suits it, where the model's own size does not. */
  defaultImageSize?: number;
  /** Whether an image mirrored left to right still belongs to its class. @default true */
  mirrors?: boolean;
  licence?: string;
  /** Address or path that it came from. */
  origin?: string;
  /** Where training labels were changed on purpose: see `withLabelNoise`. */
  noise?: NoisyLabels;
  /** Changes when images, labels or classes do; a run can be resumed only on equal ones. Files count by name, not content. */
  fingerprint: string;
}

/** A data set of the rows `indices` of another; what an array or features hold is copied, so that the rest can be freed. */
export function select({ labels, source }: Dataset, indices: Int32Array): Dataset {
  const chosen = { length: indices.length, labels: Int32Array.from(indices, (i) => labels[i]!) };
  switch (source.kind) {
    case 'encoded':
      return { ...chosen, source: { kind: 'encoded', images: source.images.select(indices) } };
    case 'array': {
      const pixels = new Uint8Array(indices.length * source.height * source.width * 3);
      copyRows(source.pixels, indices, pixels);
      return { ...chosen, source: { ...source, pixels } };
    }
    case 'features': {
      const values = new Float32Array(indices.length * source.height * source.width * source.channels);
      copyRows(source.values, indices, values);
      return { ...chosen, source: { ...source, values } };
    }
  }
}

/** Copies the images at `rows` of a source, one behind the other, into `target`, which has room for just these. */
export function copyRows(
  source: Uint8Array | Float32Array,
  rows: Int32Array,
  target: Uint8Array | Float32Array,
): void {
  const size = target.length / rows.length;
  rows.forEach((row, i) => {
    target.set(source.subarray(row * size, (row + 1) * size), i * size);
  });
}

/**
 * The same task with `n` of its training images, each class in proportion; the held-out images stay as they are.
 *
 * @param n images to keep, 1 or more; the task itself comes back where it has no more than that
 * @throws InputError when `n` is not a positive integer, or labels are noisy already
 */
export function limit(task: Task, n: number, seed: number): Task {
  if (!Number.isInteger(n) || n < 1) throw invalid('limit', 'a whole number of 1 or more', n);
  if (task.noise) {
    throw new InputError(
      'A task is limited before its labels are made noisy: take withLabelNoise(limit(task, ...)).',
    );
  }
  if (n >= task.train.length) return task;
  const train = select(task.train, sampleStratified(task.train.labels, n, seed));
  return { ...task, train, fingerprint: digest([task.fingerprint, `limit ${n} seed ${seed}`]) };
}

/**
 * A task's fingerprint: SHA-256 over its class names, labels and pixels or file names.
 *
 * @param root folder that file names are taken relative to, so that a moved data set stays the same one
 */
export function fingerprint(classes: readonly string[], splits: readonly Dataset[], root = ''): string {
  const parts: (string | Uint8Array)[] = [JSON.stringify(classes)];
  for (const { labels, source } of splits) {
    parts.push(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
    parts.push(...contentOf(source, root));
  }
  return digest(parts);
}

function contentOf(source: Source, root: string): (string | Uint8Array)[] {
  switch (source.kind) {
    case 'encoded':
      return [digestOfNames(source.images, root)];
    case 'array':
      return [`${source.height}x${source.width}`, source.pixels];
    case 'features': {
      const { values, height, width, channels } = source;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return [`features ${height}x${width}x${channels}`, bytes];
    }
  }
}

/** Characters of names that are hashed at once. */
const CHUNK = 2 ** 16;

/** The names are hashed in chunks: together they may be longer than a string can be, and one by one takes longer. */
function digestOfNames(images: ImageStore, root: string): string {
  const hash = createHash('sha256');
  let chunk = '';
  for (const name of namesOf(images)) {
    chunk += `${name.slice(root.length)}\n`;
    if (chunk.length < CHUNK) continue;
    hash.update(chunk.replaceAll('\\', '/'));
    chunk = '';
  }
  hash.update(chunk.replaceAll('\\', '/'));
  return hash.digest('hex');
}

/** A short SHA-256 of parts, one behind the other. */
export function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex').slice(0, 32);
}
