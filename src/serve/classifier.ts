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
  const line = batching(
    (squares: readonly Uint8Array[]) => {
      batches++;
      return runBatch(model, squares);
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
      const nothing = new Uint8Array(imageSize * imageSize * 3);
      for (const size of new Set([batchSize, 1]))
        await runBatch(model, Array<Uint8Array>(size).fill(nothing));
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

/** @param squares `[imageSize, imageSize, 3]` each; the logits of each come back */
async function runBatch(model: Model, squares: readonly Uint8Array[]): Promise<Float32Array[]> {
  const { imageSize } = model;
  const images = Tensor.allocate('uint8', [squares.length, imageSize, imageSize, 3]);
  try {
    squares.forEach((square, i) => {
      images.data.set(square, i * square.length);
    });
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
