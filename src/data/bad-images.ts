import { InputError } from '../errors.js';

/** Part of a data set's images that may be bad before a run stops, unless told otherwise. */
const MOST = 0.01;

/** Images of one data set that could not be decoded. */
export class BadImages {
  readonly #reasons = new Map<number, string>();

  readonly #most: number;

  /**
   * @param total images of the data set
   * @param options.most part of them that may be bad, 0 to 1. @default 0.01
   */
  constructor(
    private readonly total: number,
    { most = MOST }: { most?: number } = {},
  ) {
    this.#most = most;
  }

  /** Number of bad images; each counts once, however often it is met. */
  get count(): number {
    return this.#reasons.size;
  }

  /** Why each is bad: its name is in the reason. */
  get reasons(): string[] {
    return [...this.#reasons.values()];
  }

  /** The same, in the order of the images. */
  get reasonsByRow(): string[] {
    return [...this.#reasons].sort(([a], [b]) => a - b).map(([, reason]) => reason);
  }

  has(row: number): boolean {
    return this.#reasons.has(row);
  }

  /** @throws InputError where these are more than may be bad */
  note(row: number, { message }: Error): void {
    this.#reasons.set(row, message);
    if (this.count <= this.#most * this.total) return;
    throw new InputError(
      `${this.count} of ${this.total} images cannot be read, more than ${100 * this.#most} %: something is wrong with all of them. The last: ${message}`,
    );
  }
}

/** How a data set's bad images are skipped. */
export interface Skipping {
  /** Where they are noted. */
  bad: BadImages;
  /** What takes their place: `another` image of the same class, so that batches stay full, or `nothing`. */
  put: 'another' | 'nothing';
}

/**
 * The image in place of a bad one: the next of its class that is not known to be bad, around the end. A pure function
 * of what is known to be bad.
 *
 * @throws InputError where the class has no other
 */
export function substituteOf(row: number, labels: Int32Array, bad: BadImages): number {
  const label = labels[row]!;
  for (let ahead = 1; ahead < labels.length; ahead++) {
    const other = (row + ahead) % labels.length;
    if (labels[other] === label && !bad.has(other)) return other;
  }
  throw new InputError(`${bad.reasons.at(-1)} Its class has no other image to take in its place.`);
}
