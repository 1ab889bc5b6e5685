import { SavedModel, tensorflowVersion } from '../tensorflow/index.js';
import { EXTRA_FILE, writeSavedModel } from '../weights/tensorflow/index.js';
import { describe } from '../weights/tfjs/metadata.js';
import type { ExportFormat } from './format.js';
import { reducedGraph } from './graph/index.js';
import { endsInSoftmax } from './probabilities.js';

const OWN = new Set(['saved_model.pb', 'variables', 'assets.extra']);

/**
 * A SavedModel for inference: the signature `serving_default` takes `images` and gives `probabilities` (or `logits`). Weights
 * are variables beside the graph, or constants in it. Labels, image size, and the preprocessing that is left for its user lie in
 * `assets.extra/sam-finetune.json`.
 */
export const savedModel: ExportFormat = {
  description:
    'TensorFlow SavedModel, for Python, TF Serving (below a folder with a version: DIR/1) and tfjs-node',
  quantizations: [],
  freezes: true,
  usage: (out) => `tf.saved_model.load(${JSON.stringify(out)}).signatures['serving_default']`,
  isOwn: (name) => OWN.has(name),
  async write(model, { out, metadata, frozen }) {
    const { labels, preprocessing, imageSize, topology } = model;
    const graph = reducedGraph(model);
    const outputName = endsInSoftmax(topology) ? 'probabilities' : 'logits';
    const description = describe({ labels, preprocessing, imageSize, metadata });
    await writeSavedModel(
      out,
      { ...graph, outputName },
      {
        ...(frozen && { frozen }),
        tensorflowVersion: tensorflowVersion(),
        extra: { [EXTRA_FILE]: `${JSON.stringify(description, null, 2)}\n` },
      },
    );
  },
  async open(out) {
    const loaded = await SavedModel.load(out, 'serving_default');
    return {
      program: `TensorFlow ${tensorflowVersion()}`,
      run: ({ data, shape }) => loaded.run(data, shape),
      close: () => loaded.close(),
    };
  },
};
