import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { writeGraphModel } from '../weights/tfjs-graph/index.js';
import type { ExportFormat } from './format.js';

/**
 * A tfjs graph model: `model.json` and shards of weights. It takes pixels after the model's preprocessing, which lies
 * beside it in `userDefinedMetadata.samFinetune`, with the labels; it gives probabilities.
 */
export const tfjsGraph: ExportFormat = {
  description:
    'tfjs graph model (model.json and shards), which tf.loadGraphModel opens; for bases that are graphs',
  usage: (out) => `await tf.loadGraphModel('file://${resolve(out)}/model.json')`,
  async write(model, { out, metadata }) {
    const { topology, weights, labels, preprocessing, imageSize } = model;
    if (topology.class_name !== 'Graph') {
      throw new InputError(
        `The model (${model.origin}) is made of layers, not a graph of operations. Export it as 'tfjs-layers'.`,
      );
    }
    await writeGraphModel(out, { topology, weights, labels, preprocessing, imageSize }, { metadata });
  },
};
