/** JSON values, as a layers topology holds them. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One layer of a layers topology, in the JSON of Keras 2 and tfjs-layers. */
export interface LayerConfig {
  class_name: string;
  name: string;
  config: { name: string; [key: string]: Json };
  /** One node a call; each node lists `[layer, node index, tensor index, keyword arguments]`. */
  inbound_nodes?: [string, number, number, { [key: string]: Json }][][];
}

/** A model whose layers form a graph: what Keras calls `Functional` (older files: `Model`). */
export interface FunctionalTopology {
  class_name: 'Functional' | 'Model';
  config: {
    name: string;
    layers: LayerConfig[];
    input_layers: [string, number, number][];
    output_layers: [string, number, number][];
  };
}

/** A model whose layers form a chain. */
export interface SequentialTopology {
  class_name: 'Sequential';
  config: { name: string; layers: Omit<LayerConfig, 'name' | 'inbound_nodes'>[] };
}

/**
 * A model as data: the value of `modelTopology.model_config` (or of `modelTopology`) in the JSON that
 * `tf.loadLayersModel` takes. It holds no weights.
 */
export type LayersTopology = FunctionalTopology | SequentialTopology;
