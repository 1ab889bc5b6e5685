import { InputError } from '../errors.js';
import { buildForward } from '../model/index.js';
import { toPlainLayers } from '../model/plain-layers.js';
import { isModelFile } from '../weights/tfjs/write.js';
import { writeLayersModel } from '../weights/tfjs-layers.js';
import type { ExportFormat } from './format.js';
import { openTfjs } from './open-tfjs.js';
import { spreadLayers } from './spread-layers.js';

/**
 * A tfjs layers model: `model.json` and shards of weights. Labels, image size, and the preprocessing that is left for its user
 * lie in `userDefinedMetadata.samFinetune`. Layers that tfjs lacks become others that compute the same.
 */
export const tfjsLayers: ExportFormat = {
  description:
    'tfjs layers model (model.json and shards), which tf.loadLayersModel opens and tfjs can train further',
  quantizations: ['float16', 'uint16', 'uint8'],
  usage: (out) => `await tf.loadLayersModel('file://${out}/model.json')`,
  isOwn: isModelFile,
  async write(model, { out, metadata, quantize }) {
    const { topology, labels, preprocessing, imageSize } = model;
    if (topology.class_name === 'Graph') {
      throw new InputError(
        `The model (${model.origin}) is a graph of operations, which a tfjs layers model cannot hold. ` +
          "Export it as 'tfjs-graph'.",
      );
    }
    const plain = toPlainLayers(topology, model.weights);
    const named = buildForward(plain, { training: false, imageSize }).weights.map(({ name }) => name);
    const own = new Map(named.map((name) => [name, model.weights.get(name)!]));
    const weights = quantize === 'uint8' ? spreadLayers(plain, own) : own;
    const data = { labels, preprocessing, imageSize, topology: plain, weights };
    await writeLayersModel(out, data, { metadata, quantize });
  },
  open: (out) => openTfjs(out, 'loadLayersModel'),
};
