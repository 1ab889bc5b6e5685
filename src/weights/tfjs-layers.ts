/** tfjs layers models: a folder with `model.json` and binary shards, as `tf.loadLayersModel` takes it. */
export { isLayersModel, type LayersModel, readLayersModel } from './tfjs/read.js';
export { writeLayersModel } from './tfjs/write.js';
