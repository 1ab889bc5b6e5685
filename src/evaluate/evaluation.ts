import { type Calibration, calibrationOf } from './calibration.js';
import { type ClassMetrics, classMetrics, type MacroAverages, macroAverages } from './class-metrics.js';
import { type Confusion, confusionMatrix, confusions } from './confusion.js';
import { type Coverage, coverageOf } from './coverage.js';
import type { Metrics } from './metrics.js';
import type { Outcomes } from './outcomes.js';

/** What a model is worth on a labelled set of images, and where it goes wrong. */
export interface Evaluation extends Metrics {
  macro: MacroAverages;
  /** In the order of the classes. */
  classes: ClassMetrics[];
  /** Mistakes by what was taken for what, the most frequent first. */
  confusions: Confusion[];
  /** `[label][predicted]` images; absent for more than 1,000 classes, whose `confusions` say the same. */
  confusion?: number[][];
  calibration: Calibration;
  coverage: Coverage;
  /** What was said about each image. */
  outcomes: Outcomes;
}

/** All that can be told from what a model said about each image. */
export function evaluationOf(metrics: Metrics, outcomes: Outcomes, classes: readonly string[]): Evaluation {
  const each = classMetrics(outcomes, classes);
  const confusion = confusionMatrix(outcomes, classes.length);
  return {
    ...metrics,
    macro: macroAverages(each),
    classes: each,
    confusions: confusions(outcomes, classes),
    ...(confusion && { confusion }),
    calibration: calibrationOf(outcomes),
    coverage: coverageOf(outcomes),
    outcomes,
  };
}
