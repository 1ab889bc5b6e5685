import { isModelFile } from '../weights/tfjs/write.js';
import { writeInferenceModel } from '../weights/tfjs-graph/index.js';
import type { ExportFormat } from './format.js';
import { fuse, reducedGraph, spreadChannels } from './graph/index.js';
import { openTfjs } from './open-tfjs.js';

/**
 * A tfjs graph model, made for inference: batch normalizations are folded into the convolutions, biases and activations fused
 * with them. Labels, image size, and the preprocessing that is left for its user lie in `userDefinedMetadata.samFinetune`.
 *
 * In 8 bits a kernel has one scale, which its channels are too different for: each gets the same range, and its own again
 * behind the convolution.
 */
export const tfjsGraph: ExportFormat = {
  description:
    'tfjs graph model (model.json and shards), which tf.loadGraphModel opens: the fastest in browsers',
  quantizations: ['float16', 'uint16', 'uint8'],
  usage: (out) => `await tf.loadGraphModel('file://${out}/model.json')`,
  isOwn: isModelFile,
  async write(model, { out, metadata, quantize }) {
    const { labels, preprocessing } = model;
    const reduced = reducedGraph(model);
    const graph = fuse(quantize === 'uint8' ? spreadChannels(reduced) : reduced);
    await writeInferenceModel(out, { ...graph, labels, preprocessing }, { metadata, quantize });
  },
  open: (out) => openTfjs(out, 'loadGraphModel'),
};
