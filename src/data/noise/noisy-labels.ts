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
