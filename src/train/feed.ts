import { createHash } from 'node:crypto';
import { freemem } from 'node:os';
import { decoderCrop } from '../augment/index.js';
import { BadImages } from '../data/bad-images.js';
import type { BatchOptions } from '../data/batches.js';
import { cacheFolder, namedFolder } from '../data/cache-folder.js';
import type { Dataset, Task } from '../data/dataset.js';
import {
  cachedDecoder,
  chooseDecoder,
  DECODERS,
  type Decoder,
  type DecoderChoice,
  PixelCache,
  sharpDecoder,
} from '../data/decode/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { usualAugmentations } from './checks.js';

/** Part of the free memory that decoded images may take by themselves. */
const CACHED = 0.25;

/** The crop that files are decoded with in an epoch of training, where there is one. */
export function trainingCrop(
  recipe: Pick<TrainingRecipe, 'augment' | 'seed'>,
  task: Task,
  epoch: number,
): BatchOptions['crop'] {
  const crop = decoderCrop(recipe.augment ?? usualAugmentations(task));
  return crop && { ...crop, seed: recipe.seed, epoch };
}

/** The decoder of a recipe, where it says `auto` the faster one. */
export async function decoderOf(
  recipe: TrainingRecipe,
  task: Task,
  imageSize: number,
): Promise<DecoderChoice> {
  if (recipe.decoder !== 'auto') return { name: recipe.decoder, why: 'asked for' };
  const crop = trainingCrop(recipe, task, 1);
  return chooseDecoder(task.train, { imageSize, crop, workers: recipe.workers });
}

/** How a run's images become batches: what decodes them, what is kept of that, and which of them are bad. */
export class ImageFeed {
  readonly #train: Side;
  readonly #test: Side;

  /** @throws InputError where a cache cannot be written */
  constructor(task: Task, recipe: TrainingRecipe, imageSize: number) {
    const { decoder, workers, cache, onBadImage } = recipe;
    const make = DECODERS[decoder === 'auto' ? 'sharp' : decoder];
    const isCropped = trainingCrop(recipe, task, 1) !== undefined;
    let budget = CACHED * freemem();
    const side = (dataset: Dataset, put: 'another' | 'nothing', inner: Decoder, cacheable: boolean): Side => {
      const bad = new BadImages(dataset.length);
      const bytes = dataset.length * imageSize * imageSize * 3;
      const isKept = cacheable && dataset.source.kind === 'encoded' && cache !== 'none';
      const fits = cache !== 'auto' || bytes <= budget;
      const kept = isKept && fits ? cacheOf(cache, dataset, imageSize) : undefined;
      if (kept && cache === 'auto') budget -= bytes;
      return {
        bad,
        decoder: kept ? cachedDecoder(inner, kept) : inner,
        options: { workers, ...(onBadImage === 'skip' && { skipping: { bad, put } }) },
      };
    };
    // What is evaluated after each epoch comes first, since it is always whole.
    this.#test = side(task.test, 'nothing', sharpDecoder(), true);
    this.#train = side(task.train, 'another', make(), !isCropped);
  }

  /** For training images: bad ones give their place to others of their class. */
  get train(): Pick<BatchOptions, 'workers' | 'decoder' | 'skipping'> {
    return { ...this.#train.options, decoder: this.#train.decoder };
  }

  /** For held-out images: bad ones are left out. */
  get test(): Pick<BatchOptions, 'workers' | 'decoder' | 'skipping'> {
    return { ...this.#test.options, decoder: this.#test.decoder };
  }

  /** Images that were skipped so far, with the reasons. */
  get skipped(): { train: string[]; test: string[] } {
    return { train: this.#train.bad.reasons, test: this.#test.bad.reasons };
  }

  async close(): Promise<void> {
    await this.#train.decoder.close?.();
    await this.#test.decoder.close?.();
  }
}

interface Side {
  bad: BadImages;
  decoder: Decoder;
  options: Pick<BatchOptions, 'workers' | 'skipping'>;
}

function cacheOf(where: string, dataset: Dataset, imageSize: number): PixelCache {
  const { length } = dataset;
  const folder = namedFolder(where);
  if (folder === undefined) return new PixelCache({ length, imageSize });
  return new PixelCache({ length, imageSize, folder: cacheFolder(folder), key: keyOf(dataset, imageSize) });
}

/** Images and how they are decoded: a file that was changed since is another image. */
function keyOf({ source, length }: Dataset, imageSize: number): string {
  const hash = createHash('sha256').update(`${imageSize} ${length}\n`);
  if (source.kind === 'encoded')
    for (let row = 0; row < length; row++) hash.update(`${source.images.stampOf(row)}\n`);
  return hash.digest('hex').slice(0, 32);
}
