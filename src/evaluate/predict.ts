import { batches } from '../data/batches.js';
import type { Decoder } from '../data/decode/index.js';
import { imageFiles } from '../data/images/index.js';
import { invalid } from '../errors.js';
import type { Model } from '../model/index.js';
import { averaged } from './average.js';
import { softmax } from './metrics.js';
import { decodedSize, viewsOf } from './views.js';

/** What a model says about one image. */
export interface FilePrediction {
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
}

/**
 * Classifies image files.
 *
 * @throws InputError with the path of an image that cannot be read
 * @example const [first] = await predict(model, ['cat.jpg']);
 */
export async function predict(
  model: Model,
  files: readonly string[],
  options: PredictOptions = {},
): Promise<FilePrediction[]> {
  const { top = 5, logits: withLogits = false, batchSize = 32, workers, decoder } = options;
  if (!Number.isInteger(top) || top < 1) throw invalid('top', 'a whole number of 1 or more', top);
  const views = viewsOf(options.tta ?? 'none', options);
  const logitsOf = averaged((images) => model.run(images), views);
  const imageSize = decodedSize(model.imageSize, views);
  const dataset = {
    length: files.length,
    labels: new Int32Array(files.length),
    source: { kind: 'encoded', images: imageFiles(files) },
  } as const;
  const results: FilePrediction[] = [];
  for await (const batch of batches(dataset, { batchSize, imageSize, workers, decoder })) {
    try {
      const logits = await logitsOf(batch.images);
      try {
        const classes = logits.shape[1]!;
        batch.indices.forEach((row, i) => {
          const own = logits.data.slice(i * classes, (i + 1) * classes);
          results.push({
            file: files[row]!,
            ...predictionOf(own, model.labels, { top, logits: withLogits }),
          });
        });
      } finally {
        logits.dispose();
      }
    } finally {
      batch.dispose();
    }
  }
  return results;
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
