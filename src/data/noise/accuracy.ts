import type { NoisyTask } from './apply.js';

/** Images counted so far; plain data, so that a checkpoint can keep it. */
export interface NoiseCounts {
  /** Images with their true label. */
  clean: number;
  /** Of them, those that were predicted right. */
  cleanRight: number;
  /** Images with a wrong label. */
  changed: number;
  /** Of them, those that were predicted as the wrong label says: learned by heart. */
  memorized: number;
  /** Of them, those that were predicted right all the same. */
  corrected: number;
}

/** Accuracies, 0 to 1, undefined where no such image was seen. */
export interface NoiseTop1 {
  /** On images with their true label. */
  cleanTop1: number | undefined;
  /** On images with a wrong label, against that label. */
  noisyTop1: number | undefined;
  /** On images with a wrong label, against the true one. */
  correctedTop1: number | undefined;
}

/** Counts what a model says about training images, apart for true and wrong labels. */
export class NoiseAccuracy {
  readonly #original: Int32Array;
  readonly #given: Int32Array;
  #counts: NoiseCounts;

  /** @param counts those of an earlier part of the epoch, where training goes on from a checkpoint */
  constructor({ train, noise }: Pick<NoisyTask, 'train' | 'noise'>, counts: NoiseCounts = NONE) {
    this.#original = noise.original;
    this.#given = train.labels;
    this.#counts = { ...counts };
  }

  /** A copy of what was counted. */
  get counts(): NoiseCounts {
    return { ...this.#counts };
  }

  /**
   * Counts a batch.
   *
   * @param indices positions of its images among the training images
   * @param predicted class index of each, `[batch]`
   */
  add(indices: Int32Array, predicted: ArrayLike<number>): void {
    const counts = this.#counts;
    indices.forEach((row, i) => {
      const [truth, given] = [this.#original[row], this.#given[row]];
      if (truth === given) {
        counts.clean++;
        if (predicted[i] === truth) counts.cleanRight++;
        return;
      }
      counts.changed++;
      if (predicted[i] === given) counts.memorized++;
      else if (predicted[i] === truth) counts.corrected++;
    });
  }

  /** Accuracies over all that was counted. */
  result(): NoiseTop1 {
    const { clean, cleanRight, changed, memorized, corrected } = this.#counts;
    const share = (part: number, whole: number) => (whole === 0 ? undefined : part / whole);
    return {
      cleanTop1: share(cleanRight, clean),
      noisyTop1: share(memorized, changed),
      correctedTop1: share(corrected, changed),
    };
  }

  /** Starts anew, as at the start of an epoch. */
  reset(): void {
    this.#counts = { ...NONE };
  }
}

const NONE: NoiseCounts = { clean: 0, cleanRight: 0, changed: 0, memorized: 0, corrected: 0 };
