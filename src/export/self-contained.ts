import type { GraphTopology, Json, LayerConfig, LayersTopology } from '../../models/topology.js';
import { graphWithScaling } from '../model/graph/index.js';
import { type Model, NO_PREPROCESSING, type Preprocessing } from '../model/index.js';
import { chainToGraph } from '../model/sequential.js';
import { withoutSoftmax, withSoftmax } from './probabilities.js';

/** What an exported model does by itself. */
export interface Contents {
  /** Leave out the softmax: it gives logits. @default false */
  logits?: boolean;
  /** Leave out the scaling: it takes pixels after the model's preprocessing. @default false */
  normalizedInput?: boolean;
}

const SCALING = 'scaling';

/**
 * The model with its preprocessing and a softmax among its own operations: it takes RGB pixels in 0..255, float32
 * `[batch, size, size, 3]`, and gives probabilities, `[batch, classes]`. Its preprocessing is then none.
 */
export function selfContained(
  model: Model,
  { logits = false, normalizedInput = false }: Contents = {},
): Model {
  const ended = logits ? withoutSoftmax(model) : withSoftmax(model);
  const { topology, preprocessing } = ended;
  if (normalizedInput || isNone(preprocessing)) return ended;
  return ended.with({
    topology:
      topology.class_name === 'Graph'
        ? scaledGraph(topology, preprocessing)
        : scaledLayers(topology, preprocessing),
    preprocessing: NO_PREPROCESSING,
  });
}

const isNone = ({ mean, std }: Preprocessing): boolean =>
  mean.every((value) => value === 0) && std.every((value) => value === 1);

const scaledGraph = (topology: GraphTopology, preprocessing: Preprocessing): GraphTopology =>
  graphWithScaling(topology, factors(preprocessing));

/** x scale + offset is (x - mean) / std. */
function factors({ mean, std }: Preprocessing): { scale: number[]; offset: number[] } {
  return { scale: std.map((value) => 1 / value), offset: mean.map((value, i) => -value / std[i]!) };
}

/** A `Rescaling` behind the input: Keras and tfjs have it. */
function scaledLayers(given: LayersTopology, preprocessing: Preprocessing): LayersTopology {
  const topology = structuredClone(chainToGraph(given));
  const { layers } = topology.config;
  const at = layers.findIndex(({ class_name }) => class_name === 'InputLayer');
  const input = layers[at]!;
  const taken = new Set(layers.map((layer) => layer.name));
  let name = SCALING;
  while (taken.has(name)) name += '_';
  const redirect = (reference: [string, ...unknown[]]) => {
    if (reference[0] === input.name) reference[0] = name;
  };
  for (const layer of layers) layer.inbound_nodes?.flat().forEach(redirect);
  topology.config.output_layers.forEach(redirect);
  const { scale, offset } = factors(preprocessing);
  const scaling: LayerConfig = {
    class_name: 'Rescaling',
    name,
    config: { name, trainable: true, dtype: 'float32', scale: short(scale), offset: short(offset) },
    inbound_nodes: [[[input.name, 0, 0, {}]]],
  };
  layers.splice(at + 1, 0, scaling);
  return topology;
}

/** One number where the channels agree. */
const short = (values: number[]): Json => (new Set(values).size === 1 ? values[0]! : values);
