import type { FunctionalTopology, Json, LayerConfig } from '../../models/topology.js';
import { InputError, invalid } from '../errors.js';
import type { Model } from './model.js';
import { chainToGraph } from './sequential.js';

/** How a new classifier starts. */
export const HEAD_INITIALIZERS = ['zeros', 'variance'] as const;
export type HeadInitializer = (typeof HEAD_INITIALIZERS)[number];

export interface HeadOptions {
  /** Names of the new classes, in the order of their indices. */
  labels: readonly string[];
  /** `zeros`: all classes equally likely at first; `variance`: as EfficientNet starts its own. @default 'zeros' */
  initializer?: HeadInitializer;
  /** Seed of what is drawn. @default 0 */
  seed?: number;
}

const KERNELS: Record<HeadInitializer, Json> = {
  zeros: { class_name: 'Zeros', config: {} },
  variance: {
    class_name: 'VarianceScaling',
    config: { scale: 1 / 3, mode: 'fan_out', distribution: 'uniform', seed: null },
  },
};

/**
 * The same network with a new classifier: the last dense layer gets one unit a class and starts anew. Weights
 * of the other layers are shared with `model`, not copied.
 *
 * @throws InputError when the network does not end in a dense layer
 */
export function swapHead(model: Model, { labels, initializer = 'zeros', seed = 0 }: HeadOptions): Model {
  if (labels.length < 2) throw invalid('labels', 'two classes or more', labels.length);
  const topology = structuredClone(chainToGraph(model.topology));
  const head = classifier(topology);
  head.config.units = labels.length;
  head.config.kernel_initializer = KERNELS[initializer];
  head.config.bias_initializer = { class_name: 'Zeros', config: {} };
  const weights = new Map([...model.weights].filter(([name]) => !name.startsWith(`${head.name}/`)));
  return model.with({ topology, weights, labels }, { seed });
}

/** The dense layer that gives the logits. */
export function classifier(topology: FunctionalTopology): LayerConfig {
  const byName = new Map(topology.config.layers.map((layer) => [layer.name, layer]));
  let layer = byName.get(topology.config.output_layers[0]![0]);
  while (layer?.class_name === 'Activation' || layer?.class_name === 'Softmax') {
    layer = byName.get(layer.inbound_nodes![0]![0]![0]);
  }
  if (layer?.class_name === 'Dense') return layer;
  throw new InputError(
    `The model '${topology.config.name}' ends in '${layer?.name}', a ${layer?.class_name}; expected a Dense layer.`,
  );
}

/** The model with other rates of dropout (before the classifier) and drop-connect (the largest, of the last block). */
export function withDropout(model: Model, rates: { dropout?: number; dropConnect?: number }): Model {
  const topology = structuredClone(chainToGraph(model.topology));
  const drops = topology.config.layers.filter(({ class_name }) => class_name === 'Dropout');
  const branches = drops.filter(({ config }) => config.noise_shape != null);
  if (rates.dropout !== undefined) {
    for (const layer of drops) if (!branches.includes(layer)) layer.config.rate = rates.dropout;
  }
  if (rates.dropConnect !== undefined) {
    // The rates of the blocks keep their proportions: they grow with depth.
    const largest = Math.max(...branches.map(({ config }) => Number(config.rate)));
    branches.forEach((layer, i) => {
      const share = largest > 0 ? Number(layer.config.rate) / largest : (i + 1) / branches.length;
      layer.config.rate = share * rates.dropConnect!;
    });
  }
  return model.with({ topology });
}
