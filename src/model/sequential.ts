import type { FunctionalTopology, LayerConfig, Topology } from '../../models/topology.js';
import { InputError } from '../errors.js';

/** A sequential topology as a functional one; a functional one as it is. */
export function chainToGraph(topology: Topology): FunctionalTopology {
  if (topology.class_name === 'Functional' || topology.class_name === 'Model') return topology;
  if (topology.class_name !== 'Sequential') {
    const given = (topology as { class_name?: string }).class_name;
    throw new InputError(`The model is a ${given}; supported: Functional, Model, Sequential.`);
  }
  const { name, layers: chain } = topology.config;
  const first = chain[0];
  if (!first) throw new InputError(`The model '${name}' has no layers.`);
  const layers: LayerConfig[] = [];
  if (first.class_name !== 'InputLayer') {
    const batch_input_shape = first.config.batch_input_shape;
    if (!batch_input_shape) throw new InputError(`The first layer of '${name}' has no batch_input_shape.`);
    const input = `${first.config.name}_input`;
    layers.push({
      class_name: 'InputLayer',
      name: input,
      config: { name: input, batch_input_shape },
      inbound_nodes: [],
    });
  }
  for (const layer of chain) {
    const before = layers.at(-1);
    layers.push({
      ...layer,
      name: layer.config.name,
      inbound_nodes: before ? [[[before.name, 0, 0, {}]]] : [],
    });
  }
  return {
    class_name: 'Functional',
    config: {
      name,
      layers,
      input_layers: [[layers[0]!.name, 0, 0]],
      output_layers: [[layers.at(-1)!.name, 0, 0]],
    },
  };
}
