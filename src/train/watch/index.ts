/** Watching over a run: the best weights, early stopping, loss scaling, and numbers that are not finite. */
export { type BestMetric, BestTracker, bestSchema, type Evaluation } from './best.js';
export {
  describeNonFinite,
  type NonFinite,
  type NonFiniteStep,
  type StepNumbers,
  whichNonFinite,
} from './describe-non-finite.js';
export {
  defaultLossScale,
  LossScale,
  type LossScaleSetting,
  type LossScaleState,
  lossScaleSchema,
} from './loss-scale.js';
export { firstNonFinite, type Suspects } from './non-finite.js';
export { Patience, type PatienceState, patienceSchema } from './patience.js';
