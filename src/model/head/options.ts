import { invalid } from '../../errors.js';
import type { MatchOptions } from './match.js';

/** How a new classifier starts. */
export const HEAD_INITIALIZERS = ['zeros', 'variance', 'fan-in'] as const;
export type HeadInitializer = (typeof HEAD_INITIALIZERS)[number];

/** A layer between the features and the classifier, with relu. */
export interface HiddenLayer {
  units: number;
  /** Rate of the dropout in front of it; 0 for none. @default 0 */
  dropout?: number;
}

export interface HeadOptions extends MatchOptions {
  /** Names of the new classes in the order of their indices, or how many there are: 3 is `0`, `1`, `2`. */
  classes: readonly string[] | number;
  /** Rate of the dropout in front of the classifier. @default that of the base */
  dropout?: number;
  /** A hidden layer in front of the classifier, or its units. @default none */
  hidden?: number | HiddenLayer;
  /**
   * `zeros`: all classes equally likely at first; `variance`: as EfficientNet starts its own, by the number of classes;
   * `fan-in`: as PyTorch starts a linear layer, within 1 / sqrt(features). @default 'zeros'
   */
  initializer?: HeadInitializer;
  /** What the classifier's bias starts with: one number a class, such as the logarithms of frequencies. @default 'zeros' */
  biasStart?: 'zeros' | readonly number[];
  /** Classes that the base's classifier knows keep their weights and bias: see `matchingClasses`. @default false */
  keepMatchingClasses?: boolean;
  /** Seed of what is drawn. @default 0 */
  seed?: number;
}

/** The labels that `classes` means. */
export function labelsOf(classes: HeadOptions['classes']): readonly string[] {
  if (typeof classes !== 'number') {
    if (classes.length < 2) throw invalid('classes', 'two labels or more', classes.length);
    return classes;
  }
  if (!Number.isInteger(classes) || classes < 2)
    throw invalid('classes', 'a list of labels, or a number of 2 or more', classes);
  return Array.from({ length: classes }, (_, i) => String(i));
}

/** The hidden layer that `hidden` means; undefined for none. */
export function hiddenOf(hidden: HeadOptions['hidden']): HiddenLayer | undefined {
  const layer = typeof hidden === 'number' ? { units: hidden } : hidden;
  if (layer && !(Number.isInteger(layer.units) && layer.units > 0))
    throw invalid('hidden', 'a whole number of units of 1 or more', layer.units);
  checkRate('hidden.dropout', layer?.dropout);
  return layer;
}

/** Refuses what cannot be. */
export function checkHead(
  { hidden, dropout, biasStart, keepMatchingClasses }: HeadOptions,
  labels: readonly string[],
) {
  checkRate('dropout', dropout);
  if (Array.isArray(biasStart) && biasStart.length !== labels.length)
    throw invalid(
      'biasStart',
      `'zeros' or one number a class (${labels.length})`,
      `${biasStart.length} numbers`,
    );
  if (hidden !== undefined && keepMatchingClasses) {
    throw invalid(
      'keepMatchingClasses',
      'false together with a hidden layer',
      true,
      "The old classifier's weights belong to the features before that layer: leave out one of the two.",
    );
  }
}

/** Refuses a rate that is not one. */
export function checkRate(name: string, rate: number | undefined): void {
  if (rate !== undefined && !(rate >= 0 && rate < 1)) throw invalid(name, 'a rate of 0 to below 1', rate);
}
