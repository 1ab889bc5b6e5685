/** Metrics and predictions. */
export { averaged, type LogitsOf } from './average.js';
export {
  checkClasses,
  type EvaluateLogitsOptions,
  type EvaluateOptions,
  evaluate,
  evaluateLogits,
} from './evaluate.js';
export { type Metrics, MetricsCounter, softmax } from './metrics.js';
export { type FilePrediction, type PredictOptions, predict, predictionOf } from './predict.js';
export { VIEWS, viewsOf } from './views.js';
