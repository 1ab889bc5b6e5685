import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../data/cache-folder.js';
import type { Dataset } from '../../data/dataset.js';
import type { Model } from '../../model/index.js';
import { type FeatureOptions, type Features, featureCount, featuresOf, withFeatures } from './features.js';
import { digestOfImages, digestOfModel } from './identity.js';

/** Features and whether they had to be computed. */
export interface CachedFeatures extends Features {
  computed: boolean;
}

/**
 * As {@link featuresOf}, from a file of float32 values in `folder` where one is there for the same network and images; it
 * is written otherwise, unless images were left out.
 *
 * @throws InputError for a folder that cannot be written to
 */
export async function cachedFeatures(
  body: Model,
  dataset: Dataset,
  { folder, ...options }: FeatureOptions & { folder: string },
): Promise<CachedFeatures> {
  const key = createHash('sha256').update(digestOfModel(body)).update(digestOfImages(dataset)).digest('hex');
  const file = join(folder, `${key.slice(0, 32)}.f32`);
  const channels = featureCount(body);
  const values = read(file, dataset.length * channels);
  if (values) {
    const rows = Int32Array.from(dataset.labels.keys());
    return { dataset: withFeatures(dataset, values, channels), rows, computed: false };
  }
  // What cannot be kept is known before it is computed.
  cacheFolder(folder);
  const found = await featuresOf(body, dataset, options);
  const { length, source } = found.dataset;
  if (source.kind === 'features' && length === dataset.length) write(file, source.values);
  return { ...found, computed: true };
}

/** The values of a file, or undefined where it is not there or has another number of them. */
function read(file: string, count: number): Float32Array | undefined {
  if (!existsSync(file) || statSync(file).size !== count * Float32Array.BYTES_PER_ELEMENT) return undefined;
  // A copy: the memory of a file that was read need not begin where a float may.
  return new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
}

function write(file: string, values: Float32Array): void {
  const aside = `${file}.${process.pid}.part`;
  try {
    writeFileSync(aside, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    renameSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}
