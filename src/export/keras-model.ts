import { InputError } from '../errors.js';
import { buildForward, type Model } from '../model/index.js';
import { toPlainLayers } from '../model/plain-layers.js';
import { type KerasModelData, withLegalNames } from '../weights/keras/index.js';

/**
 * A model in layers and activations that a version of Keras has, with names that Keras takes.
 *
 * @throws InputError for a graph of operations, and for a layer that cannot be said so
 */
export function kerasModel(model: Model, target: 'keras-2' | 'keras-3'): KerasModelData {
  const { topology, labels, preprocessing, imageSize } = model;
  if (topology.class_name === 'Graph') {
    throw new InputError(
      `The model (${model.origin}) is a graph of operations, which a Keras model of layers cannot hold. ` +
        "Export it as 'tfjs-graph', 'saved-model' or 'onnx'.",
    );
  }
  const plain = toPlainLayers(topology, model.weights, { target });
  const named = buildForward(plain, { training: false, imageSize }).weights.map(({ name }) => name);
  const weights = new Map(named.map((name) => [name, model.weights.get(name)!]));
  return { ...withLegalNames({ topology: plain, weights }), labels, preprocessing, imageSize };
}
