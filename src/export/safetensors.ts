import { join } from 'node:path';
import { InputError } from '../errors.js';
import { writeTimmModel } from '../weights/timm-write.js';
import type { ExportFormat } from './format.js';
import { openWithOwnReader } from './own-reader.js';

const WEIGHTS = 'model.safetensors';
const FILES = new Set([WEIGHTS, 'config.json']);

/**
 * Weights as safetensors with the names and layouts of timm, and timm's `config.json` beside them: labels, mean, deviation and
 * size of the images. A network whose layers are not those of one of timm's is refused.
 */
export const safetensors: ExportFormat = {
  description: 'weights with the names of timm (model.safetensors, config.json), which timm and PyTorch open',
  contents: 'weights',
  quantizations: ['float16'],
  usage: (out) => `timm.create_model(${JSON.stringify(`local-dir:${out}`)}, pretrained=True)`,
  isOwn: (name) => FILES.has(name),
  async write(model, { out, metadata, quantize }) {
    const { topology, origin } = model;
    if (topology.class_name === 'Graph') {
      throw new InputError(
        `The model (${origin}) is a graph of operations, whose weights are those of no network of timm. ` +
          "Export it as 'tfjs-graph', 'saved-model' or 'onnx'.",
      );
    }
    const { weights, labels, preprocessing, imageSize } = model;
    const halves = quantize === 'float16' ? ({ quantize } as const) : {};
    const data = { topology, weights, labels, preprocessing, imageSize };
    await writeTimmModel(out, data, { metadata, origin, ...halves });
  },
  open: (out, { model: { weights, labels }, quantize }) =>
    openWithOwnReader(join(out, WEIGHTS), { weights, labels, quantize, logits: true }),
};
