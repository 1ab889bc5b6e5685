import { resolve } from 'node:path';
import { writeLayersModel } from '../weights/tfjs-layers.js';
import type { ExportFormat } from './format.js';

/**
 * A tfjs layers model: `model.json` and shards of weights. It takes pixels after the model's preprocessing, which
 * lies beside it in `userDefinedMetadata.samFinetune`, with the labels; it gives probabilities.
 */
export const tfjsLayers: ExportFormat = {
  description:
    'tfjs layers model (model.json and shards), which tf.loadLayersModel opens and tfjs can train further',
  usage: (out) => `await tf.loadLayersModel('file://${resolve(out)}/model.json')`,
  write: (model, { out, metadata }) => writeLayersModel(out, model, { metadata }),
};
