import type { Outcomes } from './outcomes.js';

/** How a model does on one class. */
export interface ClassMetrics {
  class: string;
  /** Share of the images taken for this class that belong to it, 0 to 1; null where none was taken for it. */
  precision: number | null;
  /** Share of the class's images that were taken for it, 0 to 1; null where there are none. */
  recall: number | null;
  /** Harmonic mean of both, 2 tp / (2 tp + fp + fn); null for a class that does not occur. */
  f1: number | null;
  /** Images of the class. */
  support: number;
  /** Images taken for it. */
  predicted: number;
}

/**
 * Means over the classes that occur, as labels or as predictions; what a class has no value for counts as 0. It is what
 * scikit-learn calls macro average (`zero_division=0`).
 */
export interface MacroAverages {
  precision: number;
  recall: number;
  f1: number;
}

/** Precision, recall and F1 of each class, in the order of the classes. */
export function classMetrics({ labels, predicted }: Outcomes, classes: readonly string[]): ClassMetrics[] {
  const support = new Int32Array(classes.length);
  const taken = new Int32Array(classes.length);
  const right = new Int32Array(classes.length);
  labels.forEach((label, i) => {
    support[label]!++;
    taken[predicted[i]!]!++;
    if (predicted[i] === label) right[label]!++;
  });
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return classes.map((name, k) => ({
    class: name,
    precision: share(right[k]!, taken[k]!),
    recall: share(right[k]!, support[k]!),
    f1: share(2 * right[k]!, support[k]! + taken[k]!),
    support: support[k]!,
    predicted: taken[k]!,
  }));
}

/** The means of {@link classMetrics}. */
export function macroAverages(classes: readonly ClassMetrics[]): MacroAverages {
  const occurring = classes.filter(({ f1 }) => f1 !== null);
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    occurring.reduce((sum, each) => sum + (each[key] ?? 0), 0) / Math.max(1, occurring.length);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
