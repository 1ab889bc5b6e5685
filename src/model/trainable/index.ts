/** Which weights of a network learn, when, and how fast. */
export { frozenWeights, type NamedWeight } from './freeze.js';
export { learningRateFactors, type RateOptions } from './rates.js';
export { type Stage, type UnfreezeOptions, unfreezeStages } from './unfreeze.js';
