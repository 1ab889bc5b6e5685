/** The training step, and the loop around it. */

export { checkBatchSize, checkHeldOut, usualAugmentations } from './checks.js';
export { Diverged, Interrupted } from './endings.js';
export type {
  BadImagesEvent,
  EpochEvent,
  EvaluateEvent,
  FeaturesEvent,
  StepEvent,
  StoppedEvent,
  TrainEvent,
} from './events.js';
export { decoderOf } from './feed.js';
export { checkTeacher, checkTraining, fineTune, teacherOf } from './fine-tune.js';
export {
  type Plan,
  Program,
  type ProgramOptions,
  planOf,
  type StepInput,
  type StepResult,
} from './program/index.js';
export { RunFolder } from './run-folder.js';
export type { FineTuneOptions, FineTuneResult } from './run-options.js';
export { samEveryOf, sessionOf, settingsOf } from './settings.js';
export { updatesPerEpoch } from './training-images.js';
