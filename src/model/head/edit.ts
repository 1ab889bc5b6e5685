import type { FunctionalTopology, Json, LayerConfig } from '../../../models/topology.js';

type Config = { [key: string]: Json };

/** A layer of one call, without its inputs. */
const layerOf = (className: string, name: string, config: Config): LayerConfig => ({
  class_name: className,
  name,
  config: { name, trainable: true, dtype: 'float32', ...config },
  inbound_nodes: [],
});

/** `name`, with a number where the topology already has a layer of that name. */
export function freshName({ config: { layers } }: FunctionalTopology, name: string): string {
  const taken = new Set(layers.map((layer) => layer.name));
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? name : `${name}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Puts a new layer in front of another, on one of its inputs. Changes `graph`. */
export function insertBefore(
  graph: FunctionalTopology,
  layer: LayerConfig,
  { className, name, config, input = 0 }: { className: string; name: string; config: Config; input?: number },
): LayerConfig {
  const added = layerOf(className, freshName(graph, name), config);
  const node = layer.inbound_nodes![0]!;
  added.inbound_nodes = [[node[input]!]];
  node[input] = [added.name, 0, 0, {}];
  const { layers } = graph.config;
  layers.splice(layers.indexOf(layer), 0, added);
  return added;
}

/** Puts a new layer behind the last one: it becomes the output. Changes `graph`. */
export function append(
  graph: FunctionalTopology,
  { className, name, config }: { className: string; name: string; config: Config },
): LayerConfig {
  const added = layerOf(className, freshName(graph, name), config);
  const [source, node, tensor] = graph.config.output_layers[0]!;
  added.inbound_nodes = [[[source, node, tensor, {}]]];
  graph.config.layers.push(added);
  graph.config.output_layers = [[added.name, 0, 0]];
  return added;
}
