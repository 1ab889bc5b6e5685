import { BadImages } from '../data/bad-images.js';
import { type Batch, batches } from '../data/batches.js';
import type { Decoder } from '../data/decode/index.js';
import { type GivenImage, GivenImages } from '../data/images/index.js';
import { invalid } from '../errors.js';
import type { Model } from '../model/index.js';
import type { Tensor } from '../tensorflow/index.js';
import { type WriteFeatures, writeEmbeddings } from './embeddings.js';
import { Explainer, type ExplainOptions } from './explain/index.js';
import { openLook } from './look.js';
import { softmax } from './metrics.js';
import { decodedSize, viewsOf } from './views.js';

/** What a model says about one image. */
export interface FilePrediction {
  /** The path of its file, or its name. */
  file: string;
  /** Likeliest first. */
  predictions: { label: string; index: number; probability: number }[];
  /** In class order, when asked for. */
  logits?: number[];
}

export interface PredictOptions {
  /** Classes to name an image. @default 5 */
  top?: number;
  /** Give the logits as well. @default false */
  logits?: boolean;
  /** @default 32 */
  batchSize?: number;
  workers?: number;
  decoder?: Decoder;
  /**
   * Test-time augmentation, a name of `VIEWS`: `flip`, `crops:5`. Of more than one view, the logits given are the
   * logarithms of the averaged probabilities. @default 'none'
   */
  tta?: string;
  /** Whether a mirrored image still belongs to its class: false refuses views that mirror. @default true */
  mirrors?: boolean;
  /**
   * File ending in `.npy` for what goes into the last dense layer, float32 `[images, features]`, of the images as they
   * are; their names go beside it, into `.names.json`. @default none
   */
  embeddings?: string;
  /** Draws on each image what speaks for its class (Grad-CAM, arXiv 1610.02391). @default none */
  explain?: ExplainOptions;
  /**
   * Images that cannot be read are left out, and it is told why, at the end and in their order.
   * @default the first one is thrown
   */
  onBadImage?: (reason: string) => void;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Classifies images.
 *
 * @param files paths, or images that are read otherwise: `{ name, read: async () => bytes }`
 * @throws InputError with the name of an image that cannot be read
 * @example const [first] = await predict(model, ['cat.jpg']);
 */
export async function predict(
  model: Model,
  files: readonly GivenImage[],
  options: PredictOptions = {},
): Promise<FilePrediction[]> {
  const results: FilePrediction[] = [];
  await predictEach(model, files, options, (found) => void results.push(...found));
  return results;
}

/**
 * As {@link predict}, for more images than one wants to hold the predictions of.
 *
 * @param visit is given the predictions of each batch, in the order of the images, and waited for
 */
export async function predictEach(
  model: Model,
  files: readonly GivenImage[],
  options: PredictOptions,
  visit: (predictions: readonly FilePrediction[]) => void | Promise<void>,
): Promise<void> {
  const { top = 5, embeddings } = options;
  if (!Number.isInteger(top) || top < 1) throw invalid('top', 'a whole number of 1 or more', top);
  if (embeddings === undefined) await run(model, files, options, { visit });
  else await writeEmbeddings(embeddings, (write) => run(model, files, options, { visit, write }));
}

interface Receivers {
  visit: (predictions: readonly FilePrediction[]) => void | Promise<void>;
  write?: WriteFeatures;
}

async function run(
  model: Model,
  files: readonly GivenImage[],
  options: PredictOptions,
  { visit, write }: Receivers,
): Promise<void> {
  const { batchSize = 32, workers, decoder, explain, onBadImage, onProgress } = options;
  const views = viewsOf(options.tta ?? 'none', options);
  const imageSize = decodedSize(model.imageSize, views);
  const explainer = explain && new Explainer(model.labels, explain);
  const images = new GivenImages(files);
  const dataset = {
    length: files.length,
    labels: new Int32Array(files.length),
    source: { kind: 'encoded', images },
  } as const;
  const bad = new BadImages(files.length, { most: 1 });
  const skipping = onBadImage && ({ bad, put: 'nothing' } as const);
  const look = await openLook(model, { views, features: write !== undefined, heat: explain !== undefined });
  try {
    for await (const batch of batches(dataset, { batchSize, imageSize, workers, decoder, skipping })) {
      await predictBatch(batch);
      onProgress?.(batch.indices.at(-1)! + 1, files.length);
    }
    if (onBadImage) for (const reason of bad.reasonsByRow) onBadImage(reason);
  } finally {
    await look.close();
  }

  async function predictBatch(batch: Batch): Promise<void> {
    try {
      await look.at(batch.images, async ({ logits, features, heatOf }) => {
        const found = predictionsOf(logits, batch);
        await write?.(
          found.map(({ file }) => file),
          features!.data,
        );
        await explainer?.explain(found, { images, rows: batch.indices, heatOf: heatOf! });
        await visit(found.map((each) => shown(each, options)));
      });
    } finally {
      batch.dispose();
    }
  }

  function predictionsOf({ data, shape }: Tensor<'float32'>, { indices }: Batch): Whole[] {
    const classes = shape[1]!;
    return Array.from(indices, (row, i) => {
      const logits = data.slice(i * classes, (i + 1) * classes);
      return { file: images.nameOf(row), predictions: ranked(logits, model.labels), logits };
    });
  }
}

/** A prediction with all of its classes. */
type Whole = Omit<FilePrediction, 'logits'> & { logits: Float32Array };

/** What is asked for of a prediction. */
function shown({ file, predictions, logits }: Whole, options: PredictOptions): FilePrediction {
  const { top = 5, logits: withLogits = false } = options;
  return { file, predictions: predictions.slice(0, top), ...(withLogits && { logits: [...logits] }) };
}

/** What is said about the image of these logits; see {@link PredictOptions}. */
export function predictionOf(
  logits: Float32Array,
  labels: readonly string[],
  { top, logits: withLogits }: { top: number; logits: boolean },
): Omit<FilePrediction, 'file'> {
  return { predictions: ranked(logits, labels).slice(0, top), ...(withLogits && { logits: [...logits] }) };
}

function ranked(logits: Float32Array, labels: readonly string[]): FilePrediction['predictions'] {
  const probabilities = softmax(logits);
  return Array.from(probabilities, (probability, index) => ({
    label: labels[index]!,
    index,
    probability,
  })).sort((a, b) => b.probability - a.probability || a.index - b.index);
}
