import { logSumExp } from './metrics.js';

/** What a model said about each of a labelled set of images, in their order: some numbers an image, no logits. */
export interface Outcomes {
  /** Class index of each image. */
  labels: Int32Array;
  /** Class index that it was taken for. */
  predicted: Int32Array;
  /** Probability of the predicted class, 0 to 1; 0 where it is not a number. */
  confidence: Float64Array;
  /** Position of each image in its data set. */
  rows: Int32Array;
}

/** Notes outcomes batch by batch, in the memory of all of them. */
export class OutcomeRecorder {
  #count = 0;
  readonly #labels: Int32Array;
  readonly #predicted: Int32Array;
  readonly #confidence: Float64Array;
  readonly #rows: Int32Array;

  /** @param most images that may come */
  constructor(most: number) {
    this.#labels = new Int32Array(most);
    this.#predicted = new Int32Array(most);
    this.#confidence = new Float64Array(most);
    this.#rows = new Int32Array(most);
  }

  /**
   * @param logits float32 `[batch, classes]`
   * @param labels class indices, `[batch]`
   * @param rows positions in the data set, `[batch]`
   */
  add(logits: Float32Array, labels: Int32Array, rows: Int32Array): void {
    const classes = logits.length / labels.length;
    labels.forEach((label, i) => {
      const own = logits.subarray(i * classes, (i + 1) * classes);
      const { predicted, probability } = outcomeOf(own, label);
      this.#labels[this.#count] = label;
      this.#predicted[this.#count] = predicted;
      this.#confidence[this.#count] = probability;
      this.#rows[this.#count] = rows[i]!;
      this.#count++;
    });
  }

  get result(): Outcomes {
    return {
      labels: this.#labels.subarray(0, this.#count),
      predicted: this.#predicted.subarray(0, this.#count),
      confidence: this.#confidence.subarray(0, this.#count),
      rows: this.#rows.subarray(0, this.#count),
    };
  }
}

/**
 * The class that an image is taken for, right exactly where `MetricsCounter` counts a hit: in a tie for the largest
 * logit it is another class than the image's own, and a logit that is not a number is larger than any.
 *
 * @param logits of one image
 * @returns the class and its probability, 0 where that is not a number
 */
export function outcomeOf(logits: Float32Array, label: number): { predicted: number; probability: number } {
  const size = (k: number) => (Number.isNaN(logits[k]!) ? Number.POSITIVE_INFINITY : logits[k]!);
  let rival = label === 0 ? 1 : 0;
  for (let k = 0; k < logits.length; k++) if (k !== label && size(k) > size(rival)) rival = k;
  const isRight = rival >= logits.length || size(rival) < logits[label]!;
  const predicted = isRight ? label : rival;
  // In double: of a network that is sure of most images, float32 would call all of them equally sure.
  const probability = Math.exp(logits[predicted]! - logSumExp(logits));
  return { predicted, probability: Number.isNaN(probability) ? 0 : probability };
}
