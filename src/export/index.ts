/** What other programs open. */
export { defaultFormat, type ExportOptions, type ExportReport, exportModel } from './export-model.js';
export {
  type ExportFormat,
  type ModelMetadata,
  NotOpened,
  type OpenedModel,
  QUANTIZATIONS,
  type Quantization,
} from './format.js';
export { FORMATS, type FormatName } from './formats.js';
export { endsInSoftmax, withSoftmax } from './probabilities.js';
export { type Contents, selfContained } from './self-contained.js';
export { takes } from './takes.js';
export { ExportMismatch, type Verification } from './verify.js';
