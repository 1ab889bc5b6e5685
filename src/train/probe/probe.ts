import { createHash } from 'node:crypto';
import { BadImages } from '../../data/bad-images.js';
import type { Dataset, Task } from '../../data/dataset.js';
import { noiseOf } from '../../data/noise/index.js';
import type { Model } from '../../model/index.js';
import { cachedFeatures } from './cache.js';
import { completed } from './complete.js';
import { type FeatureOptions, type Features, featuresOf } from './features.js';
import { digestOfModel } from './identity.js';
import { joinHead, splitAtHead } from './split.js';

export interface ProbeOptions extends Omit<FeatureOptions, 'bad'> {
  /** Leaves out images that cannot be read, up to 1 % of a split. @default false */
  skipBadImages?: boolean;
  /** Folder of files in which features are kept for later runs. @default none: they stay in memory */
  cache?: string;
}

/** What trains in a linear probe. */
export interface Probe {
  /** The head alone. */
  model: Model;
  /** The task with features for images. */
  task: Task;
  /** The whole model, with the head as it was trained. */
  join: (best: Model) => Model;
  /** How long the features took. */
  seconds: number;
  /** Images whose features were computed; 0 where all were in the cache. */
  images: number;
  /** Why images were left out, by split. */
  skipped: { train: string[]; test: string[] };
}

/**
 * Computes the features of all images of a task once: without augmentation, with frozen batch normalization. On them the
 * head trains in seconds, as a model of its own.
 *
 * @throws InputError for a network without a classifier
 */
export async function probeTask(
  model: Model,
  task: Task,
  { cache, skipBadImages = false, ...options }: ProbeOptions = {},
): Promise<Probe> {
  const { body: drawn, head } = splitAtHead(model);
  // The head comes back to the body that its features are from, not to one that is drawn again.
  const body = await completed(drawn);
  const started = performance.now();
  let images = 0;
  const [train, test] = [new BadImages(task.train.length), new BadImages(task.test.length)];
  const compute = async (dataset: Dataset, bad: BadImages): Promise<Features> => {
    const given = { ...options, ...(skipBadImages && { bad }) };
    if (cache === undefined) {
      images += dataset.length;
      return featuresOf(body, dataset, given);
    }
    const found = await cachedFeatures(body, dataset, { ...given, folder: cache });
    if (found.computed) images += dataset.length;
    return found;
  };
  try {
    const features = await compute(task.train, train);
    const heldOut = await compute(task.test, test);
    const seconds = (performance.now() - started) / 1000;
    const fingerprint = createHash('sha256')
      .update(task.fingerprint)
      .update(digestOfModel(body))
      .digest('hex');
    return {
      model: head,
      task: {
        ...task,
        train: features.dataset,
        test: heldOut.dataset,
        ...(task.noise && { noise: noiseOf(task.noise, features.rows) }),
        fingerprint: fingerprint.slice(0, 32),
      },
      join: (best) => joinHead(joinHead(model, body), best),
      seconds,
      images,
      skipped: { train: train.reasons, test: test.reasons },
    };
  } finally {
    await body.dispose();
  }
}
