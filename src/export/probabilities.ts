import type { FunctionalTopology, LayerConfig, LayersTopology, Topology } from '../../models/topology.js';
import { endsInGraphSoftmax, graphWithoutSoftmax, graphWithSoftmax } from '../model/graph/index.js';
import type { Model } from '../model/index.js';
import { chainToGraph } from '../model/sequential.js';

const SOFTMAX = 'probabilities';

/** Whether a topology ends in a softmax, as a layer or as the last layer's activation. */
export function endsInSoftmax(topology: Topology): boolean {
  if (topology.class_name === 'Graph') return endsInGraphSoftmax(topology);
  const layer = outputLayer(chainToGraph(topology));
  return layer.class_name === 'Softmax' || layer.config.activation === 'softmax';
}

/** The model with softmax inside: as the activation of a last dense layer, or as an operation of its own. */
export function withSoftmax(model: Model): Model {
  const { topology } = model;
  if (endsInSoftmax(topology)) return model;
  return model.with({
    topology: topology.class_name === 'Graph' ? graphWithSoftmax(topology) : layersWithSoftmax(topology),
  });
}

/** The model up to its logits. */
export function withoutSoftmax(model: Model): Model {
  const { topology } = model;
  if (!endsInSoftmax(topology)) return model;
  return model.with({
    topology:
      topology.class_name === 'Graph' ? graphWithoutSoftmax(topology) : layersWithoutSoftmax(topology),
  });
}

function layersWithSoftmax(given: LayersTopology): LayersTopology {
  const topology = structuredClone(chainToGraph(given));
  const layer = outputLayer(topology);
  const { activation } = layer.config;
  if (layer.class_name === 'Dense' && (activation == null || activation === 'linear')) {
    layer.config.activation = 'softmax';
    return topology;
  }
  const { layers, output_layers: outputs } = topology.config;
  const taken = new Set(layers.map(({ name }) => name));
  let name = SOFTMAX;
  while (taken.has(name)) name += '_';
  const [from, call, index] = outputs[0]!;
  layers.push({
    class_name: 'Softmax',
    name,
    config: { name, trainable: true, dtype: 'float32', axis: -1 },
    inbound_nodes: [[[from, call, index, {}]]],
  });
  topology.config.output_layers = [[name, 0, 0]];
  return topology;
}

/** A layer that is nothing but the softmax goes; another loses its activation. */
function layersWithoutSoftmax(given: LayersTopology): LayersTopology {
  const topology = structuredClone(chainToGraph(given));
  const layer = outputLayer(topology);
  if (layer.class_name !== 'Softmax' && layer.class_name !== 'Activation') {
    layer.config.activation = 'linear';
    return topology;
  }
  const [, call] = topology.config.output_layers[0]!;
  const [from, fromCall, index] = layer.inbound_nodes![call]![0]!;
  topology.config.output_layers = [[from, fromCall, index]];
  topology.config.layers = topology.config.layers.filter(({ name }) => name !== layer.name);
  return topology;
}

function outputLayer({ config }: FunctionalTopology): LayerConfig {
  const [name] = config.output_layers[0]!;
  return config.layers.find((layer) => layer.name === name)!;
}
