/** The training step, and the loop around it. */
export type { EpochEvent, EvaluateEvent, StepEvent, TrainEvent } from './events.js';
export {
  checkBatchSize,
  type FineTuneOptions,
  type FineTuneResult,
  fineTune,
  Interrupted,
  usualAugmentations,
} from './fine-tune.js';
export { Program, type ProgramOptions, type StepInput, type StepResult } from './program.js';
export { RunFolder } from './run-folder.js';
