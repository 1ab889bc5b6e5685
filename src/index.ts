/**
 * The stages of fine-tuning, each usable alone.
 *
 * @example
 * import { exportModel, fineTune, importBase, loadTask, swapHead } from 'sam-finetune';
 *
 * const task = await loadTask('digits');
 * const base = await importBase('efficientnet-lite0', { imageSize: 64 });
 * const model = swapHead(base, { classes: task.classes });
 * const { model: best, top1 } = await fineTune(model, task, { epochs: 6, rho: 0.05 }, { out: 'runs/digits' });
 * console.log(`held-out top-1: ${top1}`);
 * await exportModel(best, { format: 'tfjs-layers', out: 'digits-model' });
 *
 * @packageDocumentation
 */
export type { Dataset, Task } from './data/dataset.js';
export { type Decoder, decodeImage, type ResizeOptions, sharpDecoder } from './data/decode/index.js';
export type { EncodedImage, GivenImage } from './data/images/index.js';
export { type NoisyTask, withLabelNoise, withPredictedLabels } from './data/noise/index.js';
export { type LoadTaskOptions, loadTask } from './data/tasks/index.js';
export { InputError } from './errors.js';
export {
  type Calibration,
  type CalibrationBin,
  type ClassMetrics,
  type Comparison,
  type Confusion,
  type Coverage,
  type CoveragePoint,
  compareOutcomes,
  drawMistakes,
  type EvaluateOptions,
  type Evaluation,
  type ExplainOptions,
  evaluate,
  type FilePrediction,
  type MacroAverages,
  type Metrics,
  type MistakeSheetOptions,
  type Outcomes,
  type PredictOptions,
  predict,
  predictEach,
} from './evaluate/index.js';
export { type ExportOptions, exportModel, type FormatName } from './export/index.js';
export {
  cutAt,
  type HeadInitializer,
  type HeadOptions,
  type HiddenLayer,
  type Logits,
  type MatchedClass,
  Model,
  type ModelData,
  matchingClasses,
  type Pixels,
  type Preprocessing,
  type Summary,
  type SummaryOptions,
  summarize,
  swapHead,
  type UnfoldOptions,
  unfoldNorms,
  type WeightMap,
  type WeightTensor,
  withDropout,
} from './model/index.js';
export { defineRecipe, type Recipe, type RecipeInput } from './recipe/index.js';
export { type Served, type ServeOptions, serve } from './serve/index.js';
export {
  type EpochEvent,
  type EvaluateEvent,
  type FeaturesEvent,
  type FineTuneOptions,
  type FineTuneResult,
  fineTune,
  Interrupted,
  type StepEvent,
  type StoppedEvent,
  type TrainEvent,
} from './train/index.js';
export { type ImportOptions, importBase } from './weights/import-base.js';
