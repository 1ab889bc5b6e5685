/** Metrics and predictions. */
export { averaged, type LogitsOf } from './average.js';
export type { Calibration, CalibrationBin } from './calibration.js';
export { type ClassMetrics, classMetrics, type MacroAverages, macroAverages } from './class-metrics.js';
export { type Comparison, compareOutcomes } from './compare.js';
export type { Confusion } from './confusion.js';
export type { Coverage, CoveragePoint } from './coverage.js';
export { namesFileOf } from './embeddings.js';
export {
  checkClasses,
  type EvaluateLogitsOptions,
  type EvaluateOptions,
  evaluate,
  evaluateLogits,
} from './evaluate.js';
export type { Evaluation } from './evaluation.js';
export type { ExplainOptions } from './explain/index.js';
export { type Metrics, MetricsCounter, softmax } from './metrics.js';
export { drawMistakes, type MistakeSheetOptions, worstMistakes } from './mistakes.js';
export { OutcomeRecorder, type Outcomes } from './outcomes.js';
export { type FilePrediction, type PredictOptions, predict, predictEach, predictionOf } from './predict.js';
export { csvLine, TABLE_FORMATS, tableFormatOf } from './predictions/index.js';
export { VIEWS, viewsOf } from './views.js';
