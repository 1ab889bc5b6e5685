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

/** An attribute of an operation, in the JSON of a GraphDef: `{ type: 'DT_FLOAT' }`, `{ list: { i: ['1', '2'] } }`. */
export type GraphAttribute = { [key: string]: Json };

/** One operation of a graph. */
export interface GraphNode {
  name: string;
  op: string;
  /** `node`, `node:1` for another output than the first, `^node` for a control input. */
  input?: string[];
  attr?: { [key: string]: GraphAttribute };
}

/**
 * A model as operations, not layers: what a tfjs graph model and a frozen SavedModel hold. Weights are the nodes
 * without a value of their own; the set of weights has their values, by the names of these nodes.
 */
export interface GraphTopology {
  class_name: 'Graph';
  config: {
    name: string;
    nodes: GraphNode[];
    /** The placeholder that takes images, `[batch, height, width, 3]`. */
    input: string;
    /** The node that gives the logits, `[batch, classes]`. */
    output: string;
  };
}

/** Any model as data. */
export type Topology = LayersTopology | GraphTopology;
