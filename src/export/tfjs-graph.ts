import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { isModelFile } from '../weights/tfjs/write.js';
import { writeGraphModel } from '../weights/tfjs-graph/index.js';
import type { ExportFormat } from './format.js';

/**
 * A tfjs graph model: `model.json` and shards of weights. Labels, image size, and the preprocessing that is left for its user
 * lie in `userDefinedMetadata.samFinetune`.
 */
export const tfjsGraph: ExportFormat = {
  description: 'tfjs graph model (model.json and shards), which tf.loadGraphModel opens',
  quantizations: [],
  usage: (out) => `await tf.loadGraphModel('file://${resolve(out)}/model.json')`,
  isOwn: isModelFile,
  async write(model, { out, metadata }) {
    const { topology, weights, labels, preprocessing, imageSize } = model;
    if (topology.class_name !== 'Graph') {
      throw new InputError(
        `The model (${model.origin}) is made of layers, not a graph of operations. Export it as 'tfjs-layers'.`,
      );
    }
    await writeGraphModel(out, { topology, weights, labels, preprocessing, imageSize }, { metadata });
  },
  open: undefined,
};
