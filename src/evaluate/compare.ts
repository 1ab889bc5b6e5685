import { InputError } from '../errors.js';
import { chiSquaredTail, halvesTail } from './distributions.js';
import type { Outcomes } from './outcomes.js';

/** Two models on the same images. */
export interface Comparison {
  /** Images that both looked at. */
  count: number;
  /** Images that the first has right and the second wrong. */
  b: number;
  /** Images that the first has wrong and the second right. */
  c: number;
  /** Top-1 of the first less that of the second. */
  difference: number;
  /** Where the difference lies with a confidence of 95 %. */
  interval: readonly [low: number, high: number];
  /** `exact`: binomial, for fewer than 25 images that they differ on; else chi-squared with continuity correction. */
  test: 'exact' | 'chi-squared';
  /** Chi-squared with one degree of freedom; of the exact test the smaller of b and c. */
  statistic: number;
  /** How likely so large a difference is, either way, where both models are equally good. */
  pValue: number;
}

/** Images that models differ on from which on chi-squared is near enough. */
const ENOUGH = 25;
/** The 97.5th percentile of the normal distribution. */
const NORMAL_95 = 1.959963984540054;

/**
 * McNemar's test (Psychometrika 12, 1947): only images that one model has right and the other wrong tell which is better.
 * The interval is that of Agresti and Min (Statistics in Medicine 24, 2005): Wald's with half an image added to each of
 * the four cells, which holds for few images too.
 *
 * @param first as `evaluate` gives it
 * @param second of the same images in the same order
 * @throws InputError for outcomes of different images
 * @example const { pValue } = compareOutcomes(before.outcomes, after.outcomes);
 */
export function compareOutcomes(first: Outcomes, second: Outcomes): Comparison {
  const count = first.labels.length;
  const isSame = (key: 'labels' | 'rows') => first[key].every((value, i) => value === second[key][i]);
  if (count === 0 || count !== second.labels.length || !isSame('labels') || !isSame('rows')) {
    throw new InputError(
      `Expected two models on the same images, received ${count} and ${second.labels.length} that differ. ` +
        'Evaluate both on the same task.',
    );
  }
  let [b, c] = [0, 0];
  first.labels.forEach((label, i) => {
    const [one, other] = [first.predicted[i] === label, second.predicted[i] === label];
    if (one && !other) b++;
    if (other && !one) c++;
  });
  const interval = intervalOf(b, c, count);
  const counts = { count, b, c, difference: (b - c) / count, interval };
  if (b + c < ENOUGH) {
    const statistic = Math.min(b, c);
    return { ...counts, test: 'exact', statistic, pValue: Math.min(1, 2 * halvesTail(statistic, b + c)) };
  }
  const statistic = Math.max(0, Math.abs(b - c) - 1) ** 2 / (b + c);
  return { ...counts, test: 'chi-squared', statistic, pValue: chiSquaredTail(statistic) };
}

function intervalOf(b: number, c: number, count: number): [number, number] {
  const n = count + 2;
  const difference = (b - c) / n;
  const error = Math.sqrt(Math.max(0, (b + c + 1) / n - difference ** 2) / n);
  return [Math.max(-1, difference - NORMAL_95 * error), Math.min(1, difference + NORMAL_95 * error)];
}
