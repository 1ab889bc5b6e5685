import type { Json } from '../../../../models/topology.js';

/** The output of one call of a layer: `[layer, call, output]`. */
export interface Reference {
  layer: string;
  call: number;
  output: number;
}

/** A positional argument of a call that is a tensor or a number; others do not reach the forward pass. */
export type Argument = Reference | number;

/** One layer of a model, which may be a model itself. */
export interface LayerNode {
  className: string;
  name: string;
  config: { name: string; [key: string]: Json };
  /** The arguments of each call. */
  calls: Argument[][];
  /** Where the layer is a model. */
  model?: ModelNode;
}

/** A model as Keras nests it, the same for Sequential and Functional, for Keras 2 and 3. */
export interface ModelNode {
  className: string;
  name: string;
  /** Of the Keras that wrote it: some names mean another function in version 3. */
  version: 2 | 3;
  layers: LayerNode[];
  inputs: Reference[];
  outputs: Reference[];
}

/** True for an argument that is a tensor. */
export function isReference(argument: Argument): argument is Reference {
  return typeof argument === 'object';
}

/** Layers of a model that are no models, those of nested models among them, in the order of the file. */
export function* leavesOf(model: ModelNode): Generator<LayerNode> {
  for (const layer of model.layers) {
    if (layer.model) yield* leavesOf(layer.model);
    else yield layer;
  }
}
