/** What is done with a gradient: clipping, decay, the base optimizer, its learning rate, and averages of the weights. */
export { AVERAGE, averageFragment, emaDecayAt, STATISTICS, statisticsFragment } from './average.js';
export { decayMask, isDecayed } from './decay.js';
export { gated } from './gate.js';
export { DECAY_MODES, type DecayMode, type Optimizer, type Slot, type UpdateCall } from './optimizer.js';
export { OPTIMIZERS, type OptimizerName, slotsOf } from './optimizers.js';
export {
  learningRateAt,
  type RhoOptions,
  rhoAt,
  type ScheduleOptions,
  scaledLearningRate,
} from './schedule.js';
export { SCHEDULES, type Schedule, type ScheduleName } from './schedules.js';
export { UPDATE, type UpdatedWeight, type UpdateOptions, updateFragment } from './update.js';
