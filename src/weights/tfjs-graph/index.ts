/** tfjs graph models: `model.json` with operations, and binary shards, as `tf.loadGraphModel` takes them. */
export { type GraphModelData, isGraphModel, type ReadGraphOptions, readGraphModel } from './read.js';
export { writeGraphModel } from './write.js';
export { type InferenceModel, writeInferenceModel } from './write-inference.js';
