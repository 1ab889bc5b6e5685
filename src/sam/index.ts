/** Sharpness-aware minimization: where the gradient is taken. */
export {
  alphaOf,
  combines,
  DESCENT,
  descentFragment,
  METHODS,
  type MethodName,
  perturbedWeights,
  REUSE,
  reuseFragment,
  reuses,
  rhoOf,
  type SamMethod,
  type SamOptions,
} from './methods.js';
export {
  addDescent,
  addMean,
  addPerturbation,
  addReuse,
  type ByWeight,
  type Combined,
  cleanGradients,
  PASSES,
  type Pass,
  type PassGradients,
  perturbedGradients,
  type Rows,
  type SubBatch,
} from './objective.js';
export { ASCENT, ascentFragment, globalNorm } from './perturbation.js';
