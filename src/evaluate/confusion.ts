import type { Outcomes } from './outcomes.js';

/** A mistake that was made so many times. */
export interface Confusion {
  /** What the images are. */
  class: string;
  /** What they were taken for. */
  predicted: string;
  count: number;
}

/** Classes up to which the matrix is written out: with more of them it would be mostly zeros, by the million. */
export const MATRIX_CLASSES = 1000;

/**
 * The confusion matrix: `matrix[label][predicted]` images.
 *
 * @returns undefined for more than {@link MATRIX_CLASSES} classes: {@link confusions} has what is in it
 */
export function confusionMatrix({ labels, predicted }: Outcomes, classes: number): number[][] | undefined {
  if (classes > MATRIX_CLASSES) return undefined;
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    matrix[label]![predicted[i]!]!++;
  });
  return matrix;
}

/** The cells of the confusion matrix beside its diagonal that are not empty, the largest first. */
export function confusions({ labels, predicted }: Outcomes, classes: readonly string[]): Confusion[] {
  const counts = new Map<number, number>();
  labels.forEach((label, i) => {
    if (predicted[i] === label) return;
    const cell = label * classes.length + predicted[i]!;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  });
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || a - b)
    .map(([cell, count]) => ({
      class: classes[Math.floor(cell / classes.length)]!,
      predicted: classes[cell % classes.length]!,
      count,
    }));
}
