import { closest } from 'fastest-levenshtein';
import type { FunctionalTopology, LayerConfig } from '../../models/topology.js';
import { InputError } from '../errors.js';
import { cutGraphAt, isGraph } from './graph/swap-head.js';
import { FEATURES } from './head/classifier.js';
import { append } from './head/edit.js';
import type { Model } from './model.js';
import { chainToGraph } from './sequential.js';
import { traceLayers } from './trace.js';

/**
 * The network up to and including one layer, giving features: what the layer needs stays, everything else and its
 * weights are left out. An image is averaged over height and width, so that the result is `[batch, features]`; it has
 * no labels. In a graph model, layers are nodes. `swapHead` puts a classifier behind it. Weights are shared with `model`, not copied.
 *
 * @throws InputError for a name that no layer has, with the nearest that one has, and for the input
 * @example const model = swapHead(cutAt(base, 'block5c_add'), { classes: task.classes });
 */
export function cutAt(model: Model, layerName: string): Model {
  if (isGraph(model)) return cutGraphAt(model, layerName);
  const graph = subgraph(chainToGraph(model.topology), layerName);
  const last = traceLayers(graph, model).at(-1)!;
  if (last.shape.length === 3) {
    append(graph, {
      className: 'GlobalAveragePooling2D',
      name: FEATURES,
      config: { data_format: 'channels_last' },
    });
  } else if (layerName !== FEATURES) {
    // What ends in a dense layer or a 1 x 1 convolution would look like a classifier.
    append(graph, { className: 'Activation', name: FEATURES, config: { activation: 'linear' } });
  }
  const layers = new Set(graph.config.layers.map(({ name }) => name));
  const weights = new Map([...model.weights].filter(([name]) => layers.has(owner(name))));
  return model.with({ topology: graph, weights, labels: [] });
}

/** The layer of a weight: `block1a_bn/gamma` belongs to `block1a_bn`. */
const owner = (weight: string): string => weight.slice(0, weight.lastIndexOf('/'));

/** The part of a graph that one layer needs, in a copy. Calls of a shared layer that are not needed are left out too. */
function subgraph(graph: FunctionalTopology, layerName: string): FunctionalTopology {
  const { name: model, layers } = graph.config;
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const last = byName.get(layerName);
  if (!last) {
    throw new InputError(
      `Unknown layer '${layerName}' in ${model}. Did you mean '${closest(layerName, [...byName.keys()])}'? ` +
        'All layers: sam-finetune bases NAME --summary',
    );
  }
  if (last.class_name === 'InputLayer') {
    throw new InputError(
      `Layer '${layerName}' is the input of ${model}: nothing would be left. Name a later one.`,
    );
  }
  const needed = new Map<string, Set<number>>();
  const open: [string, number][] = [[layerName, last.inbound_nodes!.length - 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [name, call] = next;
    const calls = needed.get(name) ?? new Set();
    needed.set(name, calls);
    if (calls.has(call)) continue;
    calls.add(call);
    for (const [source, node] of byName.get(name)!.inbound_nodes?.[call] ?? []) open.push([source, node]);
  }
  const callsOf = (name: string) => [...needed.get(name)!].sort((a, b) => a - b);
  const kept = layers
    .filter(({ name }) => needed.has(name))
    .map((layer): LayerConfig => {
      const { inbound_nodes, ...rest } = structuredClone(layer);
      const nodes = callsOf(layer.name).flatMap((call) =>
        inbound_nodes?.[call] ? [inbound_nodes[call]] : [],
      );
      return {
        ...rest,
        inbound_nodes: nodes.map((node) =>
          node.map(([source, call, tensor, extra]) => [source, callsOf(source).indexOf(call), tensor, extra]),
        ),
      };
    });
  const inputs = graph.config.input_layers.filter(([name]) => needed.has(name));
  return {
    class_name: graph.class_name,
    config: {
      name: model,
      layers: kept,
      input_layers: inputs,
      output_layers: [[layerName, callsOf(layerName).length - 1, 0]],
    },
  };
}
