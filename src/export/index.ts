/** What other programs open. */
export { defaultFormat, type ExportOptions, exportModel, FORMATS, type FormatName } from './export-model.js';
export {
  type ExportFormat,
  type ModelMetadata,
  type OpenedModel,
  QUANTIZATIONS,
  type Quantization,
} from './format.js';
export { endsInSoftmax, withSoftmax } from './probabilities.js';
export { type Contents, selfContained } from './self-contained.js';
