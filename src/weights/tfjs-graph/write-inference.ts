import type { GraphNode } from '../../../models/topology.js';
import type { ModelData } from '../../model/data.js';
import type { WeightMap } from '../../model/weights.js';
import { describe } from '../tfjs/metadata.js';
import { type TfjsOptions, writeModelFolder } from '../tfjs/write.js';
import { VERSIONS } from './write.js';

/** A graph of operations for inference, and what it says about itself. */
export interface InferenceModel extends Pick<ModelData, 'labels' | 'preprocessing' | 'imageSize'> {
  /** Each after those that it takes. */
  nodes: readonly GraphNode[];
  /** Values of the `Const` nodes. */
  values: WeightMap;
  /** The placeholder, float32 `[batch, imageSize, imageSize, 3]`. */
  input: string;
  /** The node that gives `[batch, classes]`. */
  output: string;
}

/** Writes a folder that `tf.loadGraphModel` takes, of a graph that is no longer to be trained. */
export async function writeInferenceModel(
  folder: string,
  { nodes, values, input, output, labels, preprocessing, imageSize }: InferenceModel,
  { metadata = {}, quantize }: TfjsOptions = {},
): Promise<void> {
  const endpoint = (name: string, sizes: readonly number[]) => ({
    [name]: {
      name: `${name}:0`,
      dtype: 'DT_FLOAT',
      tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
    },
  });
  await writeModelFolder(folder, values, { quantize }, (weightsManifest) => ({
    format: 'graph-model',
    generatedBy: 'sam-finetune',
    convertedBy: null,
    signature: {
      inputs: endpoint(input, [-1, imageSize, imageSize, 3]),
      outputs: endpoint(output, [-1, labels.length]),
    },
    modelTopology: { node: nodes, library: {}, versions: VERSIONS },
    weightsManifest,
    userDefinedMetadata: describe({ labels, preprocessing, imageSize, metadata }),
  }));
}
