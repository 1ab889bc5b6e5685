/** A model as data, and as a fragment of a graph. */

export { cutAt } from './cut.js';
export { type ModelData, NO_PREPROCESSING, type Preprocessing } from './data.js';
export { buildForward, type Forward, type ForwardWeight } from './forward.js';
export { type UnfoldOptions, unfoldNorms } from './graph/index.js';
export {
  HEAD_INITIALIZERS,
  type HeadInitializer,
  type HeadOptions,
  type HiddenLayer,
  type MatchedClass,
  matchingClasses,
  swapHead,
  withDropout,
} from './head.js';
export { addInference, type InferenceNodes, runInference } from './inference.js';
export { type Logits, Model, type Pixels } from './model.js';
export { normalizePixels, resizeImages } from './preprocess.js';
export { type Summary, type SummaryOptions, summarize } from './summary/index.js';
export { type VariableSpec, Variables } from './variables.js';
export type { WeightMap, WeightSpec, WeightTensor } from './weights.js';
