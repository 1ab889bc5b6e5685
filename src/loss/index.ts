/** What a step minimizes: targets, and the loss of logits against them. */
export { balancedWeights, type ClassWeightOptions, parseClassWeights } from './class-weights.js';
export type { Distillation } from './distillation.js';
export { LOSS, type LossOptions, lossFragment } from './fragment.js';
export type { Loss, LossCall } from './loss.js';
export { LOSSES, type LossName } from './losses.js';
export { smoothTargets } from './targets.js';
