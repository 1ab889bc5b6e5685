import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { LayersTopology } from '../../../models/topology.js';
import type { WeightMap } from '../../../src/model/weights.js';

/** A small network with every kind of layer that has weights, made and initialised by tfjs. */
export function smallModel(): tf.LayersModel {
  const input = tf.input({ shape: [12, 12, 3], name: 'pixels' });
  const layers = [
    tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false, name: 'stem_conv' }),
    tf.layers.batchNormalization({ name: 'stem_bn' }),
    tf.layers.depthwiseConv2d({ kernelSize: 3, name: 'block1a_dwconv', depthwiseInitializer: 'heNormal' }),
    tf.layers.separableConv2d({ filters: 5, kernelSize: [3, 1], name: 'separable' }),
    tf.layers.globalAveragePooling2d({ name: 'avg_pool' }),
    tf.layers.dropout({ rate: 0.2, name: 'top_dropout' }),
    tf.layers.dense({ units: 7, name: 'predictions' }),
  ];
  const output = layers.reduce<tf.SymbolicTensor>((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  const model = tf.model({ inputs: input, outputs: output, name: 'small' });
  // Every weight its own values: gamma and moving_variance begin as equal ones otherwise.
  model.setWeights(model.getWeights().map((w, i) => tf.randomUniform(w.shape, 0.1, 1, 'float32', i + 1)));
  return model;
}

/** The topology of a tfjs model, as data. */
export function topologyOf(model: tf.LayersModel): LayersTopology {
  const { class_name, config } = model.toJSON(null, false) as unknown as LayersTopology;
  return { class_name, config } as LayersTopology;
}

/** Weights of a tfjs model by the names that it asks a manifest for. */
export function weightsOf(model: tf.LayersModel): WeightMap {
  const tensors = model.getWeights();
  return new Map(
    model.weights.map(({ originalName }, i) => {
      const tensor = tensors[i] as tf.Tensor;
      return [
        originalName,
        { dtype: 'float32', shape: tensor.shape, data: tensor.dataSync() as Float32Array },
      ];
    }),
  );
}

/** What `tf.loadLayersModel` makes of a folder: the file system stands in for a browser's requests. */
export async function loadWithTfjs(folder: string): Promise<tf.LayersModel> {
  const file = join(folder, 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as tf.io.ModelJSON;
  const load = async (): Promise<tf.io.ModelArtifacts> => {
    const shards = json.weightsManifest.flatMap(({ paths }) =>
      paths.map((path) => readFileSync(join(dirname(file), path))),
    );
    const bytes = new Uint8Array(Buffer.concat(shards));
    return tf.io.getModelArtifactsForJSON(json, async () => [
      json.weightsManifest.flatMap(({ weights }) => weights),
      bytes.buffer,
    ]);
  };
  return tf.loadLayersModel({ load });
}
