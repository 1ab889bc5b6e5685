import * as tf from '@tensorflow/tfjs';
import type { FunctionalTopology, LayerConfig } from '../../models/topology.js';

/** Opens a topology the way tfjs users do, with weights drawn at random. */
export function openInTfjs(topology: FunctionalTopology): Promise<tf.LayersModel> {
  return tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: JSON.parse(JSON.stringify(topology)) as tf.io.ModelJSON['modelTopology'],
    }),
  );
}

/** The layer of that name; a missing one fails the test. */
export function layerOf(topology: FunctionalTopology, name: string): LayerConfig {
  const layer = topology.config.layers.find((candidate) => candidate.name === name);
  if (layer === undefined) throw new Error(`No layer ${name} in ${topology.config.name}.`);
  return layer;
}

/** Names of the layers of one class, in order. */
export function namesOfClass(topology: FunctionalTopology, className: string): string[] {
  return topology.config.layers.filter(({ class_name }) => class_name === className).map(({ name }) => name);
}
