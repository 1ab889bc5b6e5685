import type { BadImages } from '../../data/bad-images.js';
import { type BatchOptions, batches } from '../../data/batches.js';
import type { Dataset } from '../../data/dataset.js';
import { InputError } from '../../errors.js';
import { buildForward, type Model } from '../../model/index.js';

export interface FeatureOptions extends Pick<BatchOptions, 'workers' | 'decoder' | 'signal'> {
  /** Where images that cannot be read are noted; they are left out. @default the first one is thrown */
  bad?: BadImages | undefined;
  /** Images of a run of the network. @default 50 */
  batchSize?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Features of a data set's images. */
export interface Features {
  /** A row of them for each image. */
  dataset: Dataset;
  /** The image that each row is of, by its position: all of them, where none was left out. */
  rows: Int32Array;
}

/**
 * What a network gives for each image of a data set, as another data set with the same labels: inference on the images
 * as they are, without augmentation. Running the network takes memory, which its owner frees (`dispose`).
 *
 * @param body gives `[batch, features]`: see {@link splitAtHead}
 * @throws InputError for features of features
 */
export async function featuresOf(
  body: Model,
  dataset: Dataset,
  { batchSize = 50, bad, onProgress, ...options }: FeatureOptions = {},
): Promise<Features> {
  if (dataset.source.kind === 'features') {
    throw new InputError(
      'The data set holds features already, not images: the network has nothing to look at.',
    );
  }
  const { length } = dataset;
  const channels = featureCount(body);
  const values = new Float32Array(length * channels);
  const labels = new Int32Array(length);
  const rows = new Int32Array(length);
  const skipping = bad && ({ bad, put: 'nothing' } as const);
  let done = 0;
  for await (const batch of batches(dataset, {
    ...options,
    batchSize,
    imageSize: body.imageSize,
    ...(skipping && { skipping }),
  })) {
    try {
      const features = await body.run(batch.images);
      try {
        values.set(features.data, done * channels);
      } finally {
        features.dispose();
      }
      labels.set(batch.labels.data, done);
      rows.set(batch.indices, done);
      done += batch.size;
      onProgress?.(done, length);
    } finally {
      batch.dispose();
    }
  }
  const kept = { length: done, labels: labels.subarray(0, done) };
  return {
    dataset: withFeatures(kept, values.subarray(0, done * channels), channels),
    rows: rows.subarray(0, done),
  };
}

/** Features that a network gives an image. */
export const featureCount = ({ topology, imageSize }: Model): number =>
  buildForward(topology, { training: false, imageSize }).classes;

/** A data set with features, one row of `channels` an image, in place of its images. */
export const withFeatures = (
  dataset: Pick<Dataset, 'length' | 'labels'>,
  values: Float32Array,
  channels: number,
): Dataset => ({
  length: dataset.length,
  labels: dataset.labels,
  source: { kind: 'features', values, height: 1, width: 1, channels },
});
