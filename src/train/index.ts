/** The training step, and the loop around it. */

export { checkBatchSize, checkHeldOut, usualAugmentations } from './checks.js';
export type { EpochEvent, EvaluateEvent, StepEvent, TrainEvent } from './events.js';
export { fineTune } from './fine-tune.js';
export { Program, type ProgramOptions, type StepInput, type StepResult } from './program.js';
export { Diverged, type FineTuneOptions, type FineTuneResult, Interrupted } from './run.js';
export { RunFolder } from './run-folder.js';
