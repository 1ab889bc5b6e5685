/** Sharpness-aware minimization: where the gradient is taken. */
export { addObjective, type Objective, type ObjectiveOptions, type Pass } from './objective.js';
export { ASCENT, ascentFragment, globalNorm } from './perturbation.js';
