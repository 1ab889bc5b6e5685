/** What was done to the training labels of a task, and what they were before. */
export interface NoisyLabels {
  /** A name of `LABEL_NOISES`, or `predicted` where a model gave the labels. */
  kind: string;
  /** Its share as asked for: the probability that an image's label is redrawn; with `predicted` the share that is wrong. */
  share: number;
  seed: number;
  /** The true labels of the training images, in their order. */
  original: Int32Array;
  /** Training images whose label is not the true one, ascending. */
  changed: Int32Array;
}

/** What of it is about some of the images alone. @param rows their positions, in the order wanted */
export function noiseOf(noise: NoisyLabels, rows: Int32Array): NoisyLabels {
  const isChanged = new Set(noise.changed);
  return {
    ...noise,
    original: rows.map((row) => noise.original[row]!),
    changed: Int32Array.from(rows.keys()).filter((i) => isChanged.has(rows[i]!)),
  };
}
