import { type Batch, type BatchOptions, batchCount, batches } from '../data/batches.js';
import type { Task } from '../data/dataset.js';
import { endedBy, epochOrder } from '../data/order.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { trainingCrop } from './feed.js';

/** Updates in an epoch; what is left over, less than one update's images, is dropped or padded as the recipe says. */
export function updatesPerEpoch(
  { batchSize, accumulate, lastBatch }: Pick<TrainingRecipe, 'batchSize' | 'accumulate' | 'lastBatch'>,
  { train }: Task,
): number {
  return batchCount(train.length, batchSize * accumulate, lastBatch);
}

export interface EpochOptions {
  /** What decodes the images. @default one decoder for all of them, without a cache */
  reading?: Pick<BatchOptions, 'workers' | 'decoder' | 'skipping'>;
  /** Counted from 1. */
  epoch: number;
  /** Updates of it that were done before. */
  start: number;
}

/**
 * The images of one epoch, shuffled, in the batches of each update. They are freed when the next update is asked for.
 */
export async function* updatesOf(
  task: Task,
  recipe: TrainingRecipe,
  imageSize: number,
  { epoch, start, reading = { workers: recipe.workers } }: EpochOptions,
): AsyncGenerator<readonly Batch[], void, undefined> {
  const { batchSize, accumulate, seed } = recipe;
  const { labels, source } = task.train;
  const blocks = source.kind === 'encoded' ? source.images.blocks : undefined;
  const order = epochOrder({ labels, seed, epoch, sampling: recipe.sampling, blocks });
  const crop = trainingCrop(recipe, task, epoch);
  const stream = batches(task.train, {
    batchSize,
    imageSize,
    indices: endedBy(order, batchSize * accumulate, recipe.lastBatch),
    start: start * accumulate,
    // An update holds its batches until it is done; two more are made ready meanwhile.
    prefetch: accumulate + 1,
    ...reading,
    ...(crop && { crop }),
  });
  let held: Batch[] = [];
  const release = () => {
    for (const batch of held) batch.dispose();
    held = [];
  };
  try {
    for await (const batch of stream) {
      held.push(batch);
      if (held.length < accumulate) continue;
      yield held;
      release();
    }
  } finally {
    release();
  }
}

/** Training images for measuring statistics, augmented and cropped as in training. */
export async function* measuredBatches(
  task: Task,
  recipe: TrainingRecipe,
  imageSize: number,
  { epoch, most, reading }: Omit<EpochOptions, 'start'> & { most: number },
): AsyncGenerator<Batch, void, undefined> {
  let count = 0;
  for await (const held of updatesOf(task, { ...recipe, accumulate: 1 }, imageSize, {
    epoch,
    start: 0,
    ...(reading && { reading }),
  })) {
    yield held[0]!;
    if (++count === most) return;
  }
}
