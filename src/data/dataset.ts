import { createHash } from 'node:crypto';
import { invalid } from '../errors.js';
import { sampleStratified } from './stratify.js';

/** Raw pixels of all images in memory, `[n, height, width, 3]` in row-major order: enlarged on the device, never decoded. */
export interface ArraySource {
  kind: 'array';
  pixels: Uint8Array;
  height: number;
  width: number;
}

/** One image file an image, decoded to the wanted size when its turn comes. */
export interface FileSource {
  kind: 'files';
  paths: readonly string[];
}

/** Labelled images of one split. */
export interface Dataset {
  /** Number of images. */
  length: number;
  /** Class index of each image, `[length]`. */
  labels: Int32Array;
  source: ArraySource | FileSource;
}

/** What is to be learned: classes, images to train on, images held out. */
export interface Task {
  name: string;
  /** Class names; a label is an index into them. */
  classes: readonly string[];
  train: Dataset;
  /** The held-out split, whatever it was called where it came from. */
  test: Dataset;
  /** Side in pixels that suits it, where the model's own size does not. */
  defaultImageSize?: number;
  /** Whether an image mirrored left to right still belongs to its class. @default true */
  mirrors?: boolean;
  licence?: string;
  /** Address or path that it came from. */
  origin?: string;
  /** Changes when images, labels or classes do; a run can be resumed only on equal ones. Files count by name, not content. */
  fingerprint: string;
}

/** A data set of the rows `indices` of another; pixels of an array source are copied, so that the rest can be freed. */
export function select({ labels, source }: Dataset, indices: Int32Array): Dataset {
  const chosen = { length: indices.length, labels: Int32Array.from(indices, (i) => labels[i]!) };
  if (source.kind === 'files') {
    return { ...chosen, source: { kind: 'files', paths: Array.from(indices, (i) => source.paths[i]!) } };
  }
  const bytes = source.height * source.width * 3;
  const pixels = new Uint8Array(indices.length * bytes);
  indices.forEach((row, i) => {
    pixels.set(source.pixels.subarray(row * bytes, (row + 1) * bytes), i * bytes);
  });
  return { ...chosen, source: { ...source, pixels } };
}

/**
 * The same task with `n` of its training images, each class in proportion; the held-out images stay as they are.
 *
 * @param n images to keep, 1 or more; the task itself comes back where it has no more than that
 * @throws InputError when `n` is not a positive integer
 */
export function limit(task: Task, n: number, seed: number): Task {
  if (!Number.isInteger(n) || n < 1) throw invalid('limit', 'a whole number of 1 or more', n);
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
    if (source.kind === 'array') parts.push(`${source.height}x${source.width}`, source.pixels);
    else parts.push(source.paths.map((path) => path.slice(root.length).replaceAll('\\', '/')).join('\n'));
  }
  return digest(parts);
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex').slice(0, 32);
}
