/** What a model makes of a labelled set of images. */
export interface Metrics {
  /** Images counted. */
  count: number;
  /** Mean softmax cross-entropy in nats, without label smoothing. */
  loss: number;
  /** Share of images whose class has the largest logit, 0 to 1. */
  top1: number;
  /** Share of images whose class is among the five largest logits, 0 to 1. */
  top5: number;
}

/** Adds up metrics batch by batch. */
export class MetricsCounter {
  #count = 0;
  #loss = 0;
  #top1 = 0;
  #top5 = 0;

  /**
   * @param logits float32 `[batch, classes]`
   * @param labels class indices, `[batch]`
   */
  add(logits: Float32Array, labels: Int32Array): void {
    const classes = logits.length / labels.length;
    labels.forEach((label, i) => {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const own = row[label]!;
      // A logit that is not a number counts as larger, and an image whose own is none is a miss whatever the others are.
      let larger = Number.isNaN(own) ? Number.POSITIVE_INFINITY : 0;
      for (let k = 0; k < classes; k++) if (k !== label && !(row[k]! < own)) larger++;
      this.#count++;
      this.#loss += logSumExp(row) - own;
      if (larger < 1) this.#top1++;
      if (larger < 5) this.#top5++;
    });
  }

  get result(): Metrics {
    const count = this.#count;
    return { count, loss: this.#loss / count, top1: this.#top1 / count, top5: this.#top5 / count };
  }
}

/** log of the sum of exp, safe for large values. */
export function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** Probabilities of logits. */
export function softmax(logits: Float32Array): Float32Array {
  const normalizer = logSumExp(logits);
  return logits.map((logit) => Math.exp(logit - normalizer));
}
