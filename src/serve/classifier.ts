import PQueue from 'p-queue';
import { type Decoder, sharpDecoder, usualWorkers } from '../data/decode/index.js';
import { InputError } from '../errors.js';
import type { Model } from '../model/index.js';
import { Tensor } from '../tensorflow/index.js';
import { batching } from './batching.js';
import { checkImage } from './check-image.js';
import { Refusal } from './refusal.js';

/** How images are classified side by side. */
export interface ClassifierOptions {
  batchSize: number;
  maxWait: number;
  maxPixels: number;
  /** @default usualWorkers() */
  workers?: number;
  /** @default sharpDecoder() */
  decoder?: Decoder;
}

/** Images that are under way. */
export interface UnderWay {
  /** Being decoded, or about to. */
  decoding: number;
  /** Decoded, and waiting for a batch. */
  waiting: number;
  /** In the batch that runs. */
  running: number;
}

/** Classifies images that come one by one, in batches. */
export interface Classifier {
  /**
   * The logits of an encoded image, in class order.
   *
   * @param signal gives it up, where it still waits
   * @throws Refusal for what is no image, or one that cannot be decoded
   */
  logitsOf(content: Uint8Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Runs the network on nothing: the first runs of a graph take longer than those that follow. */
  warmUp(): Promise<void>;
  readonly underWay: UnderWay;
  /** Batches that were run. */
  readonly batches: number;
}

/** How messages call what was sent: "Cannot read the image that was sent: ...". */
const NAME = 'that was sent';

/**
 * Decodes each image as it comes, into JavaScript's memory, and runs what is decoded in batches. TensorFlow's memory is
 * taken when a batch starts and given back when it ends: an image that waits, or is given up, has none.
 *
 * @param model stays the caller's
 */
export function classifier(
  model: Model,
  { batchSize, maxWait, maxPixels, workers = usualWorkers(), decoder = sharpDecoder() }: ClassifierOptions,
): Classifier {
  const { imageSize } = model;
  const decodes = new PQueue({ concurrency: workers });
  let batches = 0;
  /** Images that a batch is filled up to. */
  let least = 1;
  const line = batching(
    (squares: readonly Uint8Array[]) => {
      batches++;
      return runBatch(model, squares, { least });
    },
    { batchSize, maxWait },
  );

  async function decode(content: Uint8Array): Promise<Uint8Array> {
    await checkImage(content, { maxPixels });
    const square = new Uint8Array(imageSize * imageSize * 3);
    try {
      await decoder.decode({ name: NAME, read: async () => content }, square, { imageSize });
    } catch (error) {
      throw error instanceof InputError ? new Refusal(400, error.message) : error;
    }
    return square;
  }

  return {
    async logitsOf(content, signal) {
      const square = await decodes.add(() => decode(content), { signal });
      return line.add(square, signal);
    },
    async warmUp() {
      if (batchSize > 1) await secondsOf(model, batchSize);
      const one = await secondsOf(model, 1);
      // With oneDNN, batches of one have taken twenty times as long as batches of two: one image then runs twice.
      if (batchSize > 1 && (await secondsOf(model, 2)) < one) least = 2;
    },
    get underWay() {
      return {
        decoding: decodes.size + decodes.pending,
        waiting: line.waiting,
        running: line.running,
      };
    },
    get batches() {
      return batches;
    },
  };
}

/** How long a batch of so many takes, once the graph is ready for it. */
async function secondsOf(model: Model, size: number): Promise<number> {
  const { imageSize } = model;
  const squares = Array<Uint8Array>(size).fill(new Uint8Array(imageSize * imageSize * 3));
  await runBatch(model, squares);
  const started = performance.now();
  await runBatch(model, squares);
  return (performance.now() - started) / 1000;
}

/**
 * @param squares `[imageSize, imageSize, 3]` each; the logits of each come back
 * @param options.least images that the batch is filled up to, with the last one again
 */
async function runBatch(
  model: Model,
  squares: readonly Uint8Array[],
  { least = 1 }: { least?: number } = {},
): Promise<Float32Array[]> {
  const { imageSize } = model;
  const size = Math.max(squares.length, least);
  const images = Tensor.allocate('uint8', [size, imageSize, imageSize, 3]);
  try {
    for (let i = 0; i < size; i++) {
      const square = squares[Math.min(i, squares.length - 1)]!;
      images.data.set(square, i * square.length);
    }
    const logits = await model.run(images);
    try {
      const classes = logits.shape[1]!;
      return squares.map((_, i) => logits.data.slice(i * classes, (i + 1) * classes));
    } finally {
      logits.dispose();
    }
  } finally {
    images.dispose();
  }
}
