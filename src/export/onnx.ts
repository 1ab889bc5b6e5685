import { join } from 'node:path';
import type { Model } from '../model/index.js';
import { packageVersion } from '../package-root.js';
import type { ExportFormat, ModelMetadata } from './format.js';
import { reducedGraph } from './graph/index.js';
import { convertGraph } from './onnx/convert.js';
import { writeModelFile } from './onnx/model-file.js';
import { openWithOnnxruntime } from './onnx/runtime.js';
import { endsInSoftmax } from './probabilities.js';

const FILE = 'model.onnx';
/** Name of the input: what programs show. */
const INPUT = 'images';

/**
 * ONNX: `model.onnx`, with operations of opset 17. It takes `images`, float32 `[batch, size, size, 3]`, and gives
 * `probabilities` or `logits`, float32 `[batch, classes]`. Labels, image size, preprocessing that is left for its user, and
 * metadata are in its `metadata_props`.
 */
export const onnx: ExportFormat = {
  description: 'ONNX (model.onnx), which onnxruntime and many other programs open',
  quantizations: ['float16'],
  usage: (out) => `await InferenceSession.create(${JSON.stringify(join(out, FILE))})`,
  isOwn: (name) => name === FILE,
  async write(model, { out, metadata, quantize }) {
    const output = endsInSoftmax(model.topology) ? 'probabilities' : 'logits';
    const graph = convertGraph(reducedGraph(model), {
      input: INPUT,
      output,
      type: quantize === 'float16' ? 'float16' : 'float32',
    });
    await writeModelFile(join(out, FILE), {
      ...graph,
      name: 'classifier',
      description: descriptionOf(model, output),
      producer: { name: 'sam-finetune', version: packageVersion },
      metadata: properties(model, metadata),
    });
  },
  open: (out) => openWithOnnxruntime(join(out, FILE)),
};

function descriptionOf({ imageSize, labels }: Model, output: string): string {
  return (
    `Image classifier. Takes ${INPUT}, float32 [batch, ${imageSize}, ${imageSize}, 3]: RGB, rows of pixels. ` +
    `Gives ${output}, float32 [batch, ${labels.length}], in the order of the labels in the metadata.`
  );
}

/** All as text; what is none is JSON. */
function properties(model: Model, metadata: ModelMetadata): Record<string, string> {
  const { labels, imageSize, preprocessing } = model;
  return {
    labels: JSON.stringify(labels),
    imageSize: String(imageSize),
    preprocessing: JSON.stringify(preprocessing),
    metadata: JSON.stringify(metadata),
  };
}
