import { invalid } from '../errors.js';
import { Assembler } from './assembler.js';
import type { Skipping } from './bad-images.js';
import type { Batch } from './batch.js';
import type { Dataset } from './dataset.js';
import { checkCrop, type Decoder, type SeededCrop, sharpDecoder, usualWorkers } from './decode/index.js';
import { endedBy, type LastBatch } from './order.js';

export { Batch } from './batch.js';

/** What {@link batches} gives, and in which order. */
export interface BatchOptions {
  /** Images of a batch, 1 or more. */
  batchSize: number;
  /** Side in pixels that files are decoded to; needed for files. Arrays and features keep their own size. */
  imageSize?: number;
  /** Cuts a random part out of each file, before it is decoded at full size. Arrays and features stay whole. */
  crop?: SeededCrop;
  /** Positions in the data set, in the order wanted. @default all, in the order of the data set */
  indices?: Int32Array;
  /** What becomes of a last batch that is not full. @default 'keep' */
  lastBatch?: LastBatch;
  /** First batch to give, counted from 0: continues in the middle of an epoch. @default 0 */
  start?: number;
  /** Batches that are decoded ahead of the one in use, at most. @default 2 */
  prefetch?: number;
  /** Images that are decoded at once; Node's thread pool (`UV_THREADPOOL_SIZE`) limits it as well. @default usualWorkers() */
  workers?: number;
  /** @default sharpDecoder() */
  decoder?: Decoder;
  /** What becomes of images that cannot be decoded. @default the iteration fails at the first */
  skipping?: Skipping;
  /** Ends the iteration with the signal's reason. */
  signal?: AbortSignal;
}

/** Number of batches of `length` images. */
export function batchCount(length: number, batchSize: number, lastBatch: LastBatch = 'keep'): number {
  return lastBatch === 'drop' ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/**
 * Batches in order, decoded ahead of their use. Up to `prefetch` wait or are being decoded while the consumer works on one;
 * those that it does not take (it stops, throws, or is aborted) are freed here, those handed out are the consumer's.
 *
 * @throws InputError at once for a wrong option, and while iterating at the first image that cannot be read, with its path
 * @example
 * for await (const batch of batches(task.train, { batchSize: 32, imageSize: 224, indices: shuffled(n, seed, epoch) })) {
 *   try { await step(batch); } finally { batch.dispose(); }
 * }
 */
export function batches(dataset: Dataset, options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  const {
    batchSize,
    imageSize = 0,
    crop,
    indices: given = Int32Array.from(dataset.labels, (_, row) => row),
    lastBatch = 'keep',
    start = 0,
    prefetch = 2,
    workers = usualWorkers(),
    decoder = sharpDecoder(),
    skipping,
    signal,
  } = options;
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  if (!isCount(batchSize)) throw invalid('batch size', 'a whole number of 1 or more', batchSize);
  if (lastBatch === 'drop' && batchSize > given.length) {
    throw invalid(
      'batch size',
      `at most ${given.length}, the number of images`,
      batchSize,
      'Take a smaller batch.',
    );
  }
  if (!isCount(prefetch)) throw invalid('prefetch', 'a whole number of 1 or more', prefetch);
  if (!isCount(workers)) throw invalid('workers', 'a whole number of 1 or more', workers);
  if (dataset.source.kind === 'encoded' && !isCount(imageSize)) {
    throw invalid('image size', 'a whole number of pixels, 1 or more', options.imageSize);
  }
  if (crop) checkCrop(crop);
  const outside = given.find((row) => row < 0 || row >= dataset.length);
  if (outside !== undefined) throw invalid('indices', `positions in 0..${dataset.length - 1}`, outside);
  const indices = endedBy(given, batchSize, lastBatch);
  const count = batchCount(indices.length, batchSize);
  if (!(Number.isInteger(start) && start >= 0 && start <= count))
    throw invalid('start', `a batch in 0..${count}`, start);

  const rowsOf = (k: number) =>
    indices.subarray(k * batchSize, Math.min((k + 1) * batchSize, indices.length));
  return prefetched(
    { rowsOf, start, count, prefetch, signal },
    new Assembler(dataset, { decoder, imageSize, crop, workers, skipping }),
  );
}

interface Plan {
  rowsOf: (batch: number) => Int32Array;
  start: number;
  count: number;
  prefetch: number;
  signal: AbortSignal | undefined;
}

async function* prefetched(
  { rowsOf, start, count, prefetch, signal }: Plan,
  assembler: Assembler,
): AsyncGenerator<Batch, void, undefined> {
  // Finished batches wait here as well, so its length, not the queue of decodes, is what bounds the memory.
  const inFlight: Promise<Batch>[] = [];
  const abort = () => assembler.stop(signal?.reason);
  let next = start;
  const fill = () => {
    while (inFlight.length < prefetch && next < count) {
      const batch = assembler.assemble(rowsOf(next++));
      // A failure waits until its turn comes, or for the clean-up below: not "unhandled" until then.
      batch.catch(() => {});
      inFlight.push(batch);
    }
  };
  signal?.addEventListener('abort', abort);
  try {
    signal?.throwIfAborted();
    fill();
    for (let head = inFlight.shift(); head; head = inFlight.shift()) {
      const batch = await head;
      fill();
      // All of its images were left out.
      if (batch.size === 0) batch.dispose();
      else yield batch;
      signal?.throwIfAborted();
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    assembler.stop();
    for (const left of await Promise.allSettled(inFlight))
      if (left.status === 'fulfilled') left.value.dispose();
  }
}
