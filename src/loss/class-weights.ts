import { invalid } from '../errors.js';

/**
 * Weights in inverse proportion to the images of each class, with mean 1 over all images: images / (classes with images *
 * images of the class). A class without images has 1.
 *
 * @param labels class index of each training image
 */
export function balancedWeights(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : labels.length / (present * count)));
}

/** What class weights are read against. */
export interface ClassWeightOptions {
  /** Class index of each training image. */
  labels: Int32Array;
  classes: number;
  /** Class names, in order. */
  names: readonly string[];
}

/**
 * Class weights as they are given: `balanced`, or a number of 0 or more for each class, taken as they are.
 *
 * @returns undefined where none are given
 * @throws InputError for a wrong number of weights, with the classes; for what is no weight, with its class
 */
export function parseClassWeights(
  texts: readonly string[],
  { labels, classes, names }: ClassWeightOptions,
): number[] | undefined {
  if (texts.length === 0) return undefined;
  if (texts.length === 1 && texts[0] === 'balanced') return balancedWeights(labels, classes);
  if (texts.length !== classes) {
    throw invalid(
      '--class-weights',
      `balanced, or ${classes} numbers, one a class`,
      texts.join(','),
      `The classes are ${listed(names)}.`,
    );
  }
  const weights = texts.map((text, label) => {
    const weight = text.trim() === '' ? Number.NaN : Number(text);
    if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
    throw invalid(`--class-weights, class ${names[label]}`, 'a number of 0 or more', text);
  });
  if (weights.some((weight) => weight > 0)) return weights;
  throw invalid('--class-weights', 'at least one weight above 0', texts.join(','));
}

const listed = (names: readonly string[]): string =>
  names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
