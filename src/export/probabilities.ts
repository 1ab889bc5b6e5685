import type { LayerConfig, Topology } from '../../models/topology.js';
import { endsInGraphSoftmax, graphWithSoftmax } from '../model/graph/index.js';
import type { Model } from '../model/index.js';

/** Whether a topology ends in a softmax, as a layer or as the last layer's activation. */
export function endsInSoftmax(topology: Topology): boolean {
  if (topology.class_name === 'Graph') return endsInGraphSoftmax(topology);
  const layer = outputLayer(topology);
  return layer?.class_name === 'Softmax' || layer?.config.activation === 'softmax';
}

/** The model with softmax inside, where its last layer is a dense one that gives logits; else as it is. */
export function withSoftmax(model: Model): Model {
  if (model.topology.class_name === 'Graph')
    return model.with({ topology: graphWithSoftmax(model.topology) });
  const topology = structuredClone(model.topology);
  const layer = outputLayer(topology);
  const isLinear = [undefined, null, 'linear'].includes(
    layer?.config.activation as string | null | undefined,
  );
  if (layer?.class_name !== 'Dense' || !isLinear) return model;
  layer.config.activation = 'softmax';
  return model.with({ topology });
}

function outputLayer(topology: Topology): Pick<LayerConfig, 'class_name' | 'config'> | undefined {
  if (topology.class_name === 'Graph') return undefined;
  if (topology.class_name === 'Sequential') return topology.config.layers.at(-1);
  const [name] = topology.config.output_layers[0]!;
  return topology.config.layers.find((layer) => layer.name === name);
}
