import type { FunctionalTopology, Json, LayerConfig } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { type Head, headLayers } from '../../model/blocks/index.js';
import { isGraph } from '../../model/graph/swap-head.js';
import { freshName } from '../../model/head/edit.js';
import { type Model, NO_PREPROCESSING } from '../../model/index.js';
import { chainToGraph } from '../../model/sequential.js';
import { traceLayers } from '../../model/trace.js';
import { layerOf } from '../../patterns.js';
import { splitGraph } from './split-graph.js';

/** A model in two parts. Weights are shared with it, not copied. */
export interface SplitModel {
  /** Gives the features of images as its logits, `[batch, features]`; it has no labels. */
  body: Model;
  /** Takes these features as images `[batch, 1, 1, features]`, as they are, and gives the model's logits. */
  head: Model;
}

/**
 * Divides a model where its head begins: at the classifier, with the dropout and the added hidden layers in front of it.
 *
 * @throws InputError for a network without a classifier
 */
export function splitAtHead(model: Model): SplitModel {
  const found = headLayers(model);
  if (!found) {
    throw new InputError(
      'The network ends in features: it has no head that could be trained alone. Give it one (swapHead).',
    );
  }
  const { body, head } = isGraph(model) ? splitGraph(model.topology, found) : splitLayers(model, found);
  const own = new Set(head.names);
  const weights = [...model.weights];
  return {
    body: model.with({
      topology: body,
      weights: new Map(weights.filter(([name]) => !own.has(layerOf(name)))),
      labels: [],
    }),
    head: model.with({
      topology: head.topology,
      weights: new Map(weights.filter(([name]) => own.has(layerOf(name)))),
      preprocessing: NO_PREPROCESSING,
      imageSize: 1,
    }),
  };
}

/** The model with the weights of one of its parts: of a head that was trained alone. */
export function joinHead(model: Model, part: Model): Model {
  return model.with({ weights: new Map([...model.weights, ...part.weights]) });
}

function splitLayers(
  { topology, imageSize }: Model,
  { names, features }: Head,
): { body: FunctionalTopology; head: { topology: FunctionalTopology; names: readonly string[] } } {
  const graph = structuredClone(chainToGraph(topology as FunctionalTopology));
  const { name, layers, output_layers } = graph.config;
  const own = layers.filter((layer) => names.has(layer.name));
  const rest = layers.filter((layer) => !names.has(layer.name));
  const taken = own[0]!.inbound_nodes![0]!.find(([source]) => source === features)!;
  const calls = traceLayers(graph, { imageSize }).filter((layer) => layer.name === features);
  const { shape } = calls[taken[1]]!;
  const size = shape.reduce((a, b) => a * b, 1);

  const body: FunctionalTopology = {
    ...graph,
    config: { ...graph.config, layers: rest, output_layers: [[features, taken[1], 0]] },
  };
  if (shape.length > 1) {
    const flat = layerOn('Flatten', freshName(graph, 'flat_features'), [features, taken[1]]);
    rest.push(flat);
    body.config.output_layers = [[flat.name, 0, 0]];
  }

  const input = layerOn('InputLayer', freshName(graph, 'features_input'), undefined, {
    batch_input_shape: [null, 1, 1, size],
  });
  // The features as the head had them.
  const shaped = layerOn('Reshape', freshName(graph, 'features_shape'), [input.name, 0], {
    target_shape: [...shape],
  });
  for (const { inbound_nodes } of own) {
    for (const node of inbound_nodes!.flat()) if (node[0] === features) node.splice(0, 2, shaped.name, 0);
  }
  const head: FunctionalTopology = {
    class_name: 'Functional',
    config: { name, layers: [input, shaped, ...own], input_layers: [[input.name, 0, 0]], output_layers },
  };
  return { body, head: { topology: head, names: own.map((layer) => layer.name) } };
}

const layerOn = (
  className: string,
  name: string,
  source: readonly [string, number] | undefined,
  config: { [key: string]: Json } = {},
): LayerConfig => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: source ? [[[source[0], source[1], 0, {}]]] : [],
});
