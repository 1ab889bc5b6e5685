import { createHash } from 'node:crypto';
import type { Dataset, Task } from '../../data/dataset.js';
import type { Model } from '../../model/index.js';
import { cachedFeatures } from './cache.js';
import { completed } from './complete.js';
import { type FeatureOptions, featuresOf } from './features.js';
import { digestOfModel } from './identity.js';
import { joinHead, splitAtHead } from './split.js';

export interface ProbeOptions extends FeatureOptions {
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
  { cache, ...options }: ProbeOptions = {},
): Promise<Probe> {
  const { body: given, head } = splitAtHead(model);
  // The head comes back to the body that its features are from, not to one that is drawn again.
  const body = await completed(given);
  const started = performance.now();
  let images = 0;
  const compute = async (dataset: Dataset): Promise<Dataset> => {
    if (cache === undefined) {
      images += dataset.length;
      return featuresOf(body, dataset, options);
    }
    const found = await cachedFeatures(body, dataset, { ...options, folder: cache });
    if (found.computed) images += dataset.length;
    return found.dataset;
  };
  try {
    const train = await compute(task.train);
    const test = await compute(task.test);
    const seconds = (performance.now() - started) / 1000;
    const fingerprint = createHash('sha256')
      .update(task.fingerprint)
      .update(digestOfModel(body))
      .digest('hex');
    return {
      model: head,
      task: { ...task, train, test, fingerprint: fingerprint.slice(0, 32) },
      join: (best) => joinHead(joinHead(model, body), best),
      seconds,
      images,
    };
  } finally {
    await body.dispose();
  }
}
