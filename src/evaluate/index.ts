/** Metrics and predictions. */
export { checkClasses, type EvaluateOptions, evaluate, evaluateLogits, type LogitsOf } from './evaluate.js';
export { type Metrics, MetricsCounter, softmax } from './metrics.js';
export { type FilePrediction, type PredictOptions, predict } from './predict.js';
