import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { NoisyTask } from './apply.js';

/** Name of the file in a run's folder. */
export const NOISE_FILE = 'label-noise.json';

/** One training image whose label is not the true one. */
export interface NoisyImage {
  /** Its position among the training images. */
  index: number;
  /** Class index of the true label. */
  from: number;
  /** Class index of the label that it was given. */
  to: number;
  /** Where the images are files: its path within the task's folder. */
  file?: string;
}

/** Which labels are wrong, as it is saved with a run. */
export interface NoiseRecord {
  kind: string;
  share: number;
  seed: number;
  /** Training images. */
  images: number;
  /** Those with a wrong label. */
  count: number;
  classes: readonly string[];
  changed: NoisyImage[];
}

/** A task's noise as data that is fit for JSON. */
export function noiseRecord({ train, classes, origin, noise }: NoisyTask): NoiseRecord {
  const { kind, share, seed, original, changed } = noise;
  const { source } = train;
  return {
    kind,
    share,
    seed,
    images: train.length,
    count: changed.length,
    classes,
    changed: Array.from(changed, (index) => ({
      index,
      from: original[index]!,
      to: train.labels[index]!,
      ...(source.kind === 'encoded' && { file: within(origin, source.images.nameOf(index)) }),
    })),
  };
}

/**
 * Writes a task's noise into a folder as {@link NOISE_FILE}, aside and then renamed, so that the file is there whole or
 * not at all.
 *
 * @param folder of the run; it exists
 * @returns path of the file
 */
export function writeNoise(folder: string, task: NoisyTask): string {
  const path = join(folder, NOISE_FILE);
  const aside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(aside, `${JSON.stringify(noiseRecord(task))}\n`);
    renameSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
  return path;
}

/** A moved data set has the same record. */
function within(folder: string | undefined, path: string): string {
  if (folder === undefined || !path.startsWith(folder + sep)) return path;
  return relative(folder, path).replaceAll(sep, '/');
}
