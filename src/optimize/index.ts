/** What is done with a gradient: clipping, decay, the base optimizer, and its learning rate. */
export { OPTIMIZERS, type Optimizer, type OptimizerName } from './optimizers.js';
export { learningRateAt, SCHEDULES, type ScheduleName, type ScheduleOptions } from './schedule.js';
export {
  isDecayed,
  STATISTICS,
  statisticsFragment,
  UPDATE,
  type UpdateOptions,
  updateFragment,
} from './update.js';
