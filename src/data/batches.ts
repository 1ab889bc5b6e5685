import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { invalid } from '../errors.js';
import { Tensor } from '../tensorflow/tensor.js';
import { checkCrop, cropOf, type SeededCrop } from './crop.js';
import { copyRows, type Dataset, type Source } from './dataset.js';
import { type Decoder, sharpDecoder } from './decode.js';

/** Images and labels in TensorFlow's memory. Whoever receives one owns it, and disposes of it. */
export class Batch {
  /** @param indices which images of the data set these are */
  constructor(
    /** uint8 `[size, height, width, 3]`, 0..255; of features float32 `[size, height, width, channels]` */
    readonly images: Tensor<'uint8'> | Tensor<'float32'>,
    /** `[size]` class indices */
    readonly labels: Tensor<'int32'>,
    readonly indices: Int32Array,
  ) {}

  /** Number of images. */
  get size(): number {
    return this.indices.length;
  }

  /** Frees the memory of both tensors. Calling it again does nothing. */
  dispose(): void {
    this.images.dispose();
    this.labels.dispose();
  }
}

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
  /** Leaves out the last batch where it is not full. @default false */
  dropRemainder?: boolean;
  /** First batch to give, counted from 0: continues in the middle of an epoch. @default 0 */
  start?: number;
  /** Batches that are decoded ahead of the one in use, at most. @default 2 */
  prefetch?: number;
  /** Images that are decoded at once; Node's thread pool (`UV_THREADPOOL_SIZE`) limits it as well. @default the cores */
  workers?: number;
  /** @default sharpDecoder() */
  decoder?: Decoder;
  /** Ends the iteration with the signal's reason. */
  signal?: AbortSignal;
}

/** Number of batches of `length` images. */
export function batchCount(length: number, batchSize: number, { dropRemainder = false } = {}): number {
  return dropRemainder ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
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
    indices = Int32Array.from(dataset.labels, (_, row) => row),
    dropRemainder = false,
    start = 0,
    prefetch = 2,
    workers = availableParallelism(),
    decoder = sharpDecoder(),
    signal,
  } = options;
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  if (!isCount(batchSize)) throw invalid('batch size', 'a whole number of 1 or more', batchSize);
  if (dropRemainder && batchSize > indices.length) {
    throw invalid(
      'batch size',
      `at most ${indices.length}, the number of images`,
      batchSize,
      'Take a smaller batch.',
    );
  }
  if (!isCount(prefetch)) throw invalid('prefetch', 'a whole number of 1 or more', prefetch);
  if (!isCount(workers)) throw invalid('workers', 'a whole number of 1 or more', workers);
  if (dataset.source.kind === 'files' && !isCount(imageSize)) {
    throw invalid('image size', 'a whole number of pixels, 1 or more', options.imageSize);
  }
  if (crop) checkCrop(crop);
  const outside = indices.find((row) => row < 0 || row >= dataset.length);
  if (outside !== undefined) throw invalid('indices', `positions in 0..${dataset.length - 1}`, outside);
  const count = batchCount(indices.length, batchSize, { dropRemainder });
  if (!(Number.isInteger(start) && start >= 0 && start <= count))
    throw invalid('start', `a batch in 0..${count}`, start);

  const rowsOf = (k: number) =>
    indices.subarray(k * batchSize, Math.min((k + 1) * batchSize, indices.length));
  return prefetched(
    { rowsOf, start, count, prefetch, signal },
    new Assembler(dataset, { decoder, imageSize, crop, workers }),
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
      yield batch;
      signal?.throwIfAborted();
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    assembler.stop();
    for (const left of await Promise.allSettled(inFlight))
      if (left.status === 'fulfilled') left.value.dispose();
  }
}

interface Decoding {
  decoder: Decoder;
  imageSize: number;
  crop: SeededCrop | undefined;
  workers: number;
}

/** Makes batches; owns each until it is complete. */
class Assembler {
  readonly #decodes: PQueue;
  #stopped: { reason: unknown } | undefined;

  constructor(
    private readonly dataset: Dataset,
    private readonly decoding: Decoding,
  ) {
    this.#decodes = new PQueue({ concurrency: decoding.workers });
  }

  /** Decodes that have not begun are left out, and batches that are not complete fail with the reason. */
  stop(reason: unknown = new Error('The batches were stopped.')): void {
    this.#stopped ??= { reason };
  }

  async assemble(rows: Int32Array): Promise<Batch> {
    const { labels, source } = this.dataset;
    const own = Tensor.allocate('int32', [rows.length]);
    let images: Batch['images'] | undefined;
    try {
      own.data.set(rows.map((row) => labels[row]!));
      images = allocateImages(source, rows.length, this.decoding.imageSize);
      if (source.kind === 'files') await this.#decode(source.paths, rows, images.data as Uint8Array);
      else copyRows(source.kind === 'array' ? source.pixels : source.values, rows, images.data);
      if (this.#stopped) throw this.#stopped.reason;
      return new Batch(images, own, rows);
    } catch (error) {
      images?.dispose();
      own.dispose();
      throw error;
    }
  }

  async #decode(paths: readonly string[], rows: Int32Array, pixels: Uint8Array): Promise<void> {
    const { decoder, imageSize, crop } = this.decoding;
    const bytes = pixels.length / rows.length;
    const decodes = Array.from(rows, (row, i) =>
      this.#decodes.add(async () => {
        if (this.#stopped) return;
        const slot = pixels.subarray(i * bytes, (i + 1) * bytes);
        await decoder.decode(paths[row]!, slot, { imageSize, ...(crop && { crop: cropOf(row, crop) }) });
      }),
    );
    // Every decode must have ended before the memory may be freed: a late one would write into freed memory. So
    // failures are looked at only now, and the queue is never cleared or given a signal.
    for (const decode of await Promise.allSettled(decodes))
      if (decode.status === 'rejected') throw decode.reason;
  }
}

function allocateImages(source: Source, count: number, imageSize: number): Batch['images'] {
  switch (source.kind) {
    case 'files':
      return Tensor.allocate('uint8', [count, imageSize, imageSize, 3]);
    case 'array':
      return Tensor.allocate('uint8', [count, source.height, source.width, 3]);
    case 'features':
      return Tensor.allocate('float32', [count, source.height, source.width, source.channels]);
  }
}
