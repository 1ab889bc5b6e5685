import type { FunctionalTopology, Json, LayerConfig, LayersTopology } from '../../models/topology.js';
import { InputError } from '../errors.js';
import { number, pair } from './layers/layer.js';
import { shakeDropExpectation } from './layers/shake.js';
import { hasForeignActivation, plainActivation } from './plain-activations.js';
import { PLAIN_TARGETS, type PlainTarget, type PlainTargetName } from './plain-targets.js';
import { chainToGraph } from './sequential.js';
import type { WeightMap } from './weights.js';

/** One layer of what takes a layer's place: what it takes is counted from the first one, or one of the layer's inputs. */
export interface PlainLayer {
  className: string;
  config: { [key: string]: Json };
  /** Layers before it in the list by index, inputs of the layer that is replaced as `input`; undefined: the one before. */
  takes?: readonly (number | { input: number })[];
}

/** Layers that compute what one layer computes at inference; undefined: it stays. The last takes its name. */
type Rewrite = (
  layer: LayerConfig,
  weights: WeightMap,
  target: PlainTarget,
) => readonly PlainLayer[] | undefined;

const one = (className: string, config: { [key: string]: Json }): PlainLayer[] => [{ className, config }];

const LAST_TWO_SWAPPED = { dims: [1, 3, 2] };

const REWRITES: Readonly<Record<string, Rewrite>> = {
  ShakeDrop: ({ config }) =>
    one('Rescaling', {
      scale: shakeDropExpectation(number(config.keep_probability, 1), pair(config.alpha, [-1, 1])),
      offset: 0,
    }),
  ShakeShake: () => [{ className: 'Average', config: {}, takes: [{ input: 0 }, { input: 1 }] }],
  // The channels trade places with the image's columns, which Keras knows how to pad.
  ChannelPadding: ({ config }) => [
    { className: 'Permute', config: LAST_TWO_SWAPPED },
    {
      className: 'ZeroPadding2D',
      config: {
        padding: [
          [0, 0],
          [0, number(config.padding, 0)],
        ],
        data_format: 'channels_last',
      },
    },
    { className: 'Permute', config: LAST_TWO_SWAPPED },
  ],
  SpatialDropout2D: ({ config }) =>
    one('Dropout', { rate: config.rate ?? 0, noise_shape: [null, 1, 1, null], seed: null }),
  ActivityRegularization: () => one('Activation', { activation: 'linear' }),
  Subtract: (): PlainLayer[] => [
    { className: 'Rescaling', config: { scale: -1, offset: 0 }, takes: [{ input: 1 }] },
    { className: 'Add', config: {}, takes: [{ input: 0 }, 0] },
  ],
  Normalization: normalization,
  LeakyReLU: ({ config }, _, { slope }) =>
    one('LeakyReLU', { [slope]: number(config.negative_slope, number(config.alpha, 0.3)) }),
  ReLU({ name, config }) {
    const slope = number(config.negative_slope, 0);
    if (slope === 0 && number(config.threshold, 0) === 0) return undefined;
    if (config.max_value == null && number(config.threshold, 0) === 0)
      return one('LeakyReLU', { alpha: slope });
    throw cannot(name, 'a ReLU with a threshold, or with a slope and a maximum');
  },
  ELU({ name, config }) {
    if (number(config.alpha, 1) !== 1) throw cannot(name, `an ELU with alpha ${config.alpha}`);
    return undefined;
  },
  Conv2D({ name, config }) {
    if (number(config.groups, 1) !== 1) throw cannot(name, 'a convolution in groups');
    return undefined;
  },
  Activation: ({ name, config }, _, target) => plainActivation(name, config.activation, target),
};

const cannot = (name: string, what: string): InputError =>
  new InputError(
    `Layer '${name}' is ${what}, which the layers of tfjs cannot say. Export to another format.`,
  );

export interface PlainOptions {
  /** Whose layers and activations to say it in. @default 'tfjs' */
  target?: PlainTargetName;
}

/**
 * The same model at inference in layers and activations that tfjs 4.22 or Keras have: layers of this project
 * (ChannelPadding, ShakeDrop, ShakeShake) and layers that the target lacks (for tfjs Normalization, Subtract, ...) become
 * others that compute the same. Weights keep their names; for tfjs those of a Normalization become part of the topology
 * where `weights` has them, and it stays as it is where not. The model can still be trained, but nothing is shaken.
 *
 * @throws InputError that names a layer for which there is no such form
 */
export function toPlainLayers(
  topology: LayersTopology,
  weights: WeightMap = new Map(),
  { target: targetName = 'tfjs' }: PlainOptions = {},
): FunctionalTopology {
  const target: PlainTarget = PLAIN_TARGETS[targetName];
  const graph = structuredClone(chainToGraph(topology));
  const { layers, output_layers: outputs } = graph.config;
  const taken = new Set(layers.map(({ name }) => name));
  const split = splitActivations(layers, { outputs, taken, target });
  graph.config.layers = split.flatMap((layer) => {
    nameDistributions(layer);
    const stays = target.layers.has(layer.class_name) || !Object.hasOwn(REWRITES, layer.class_name);
    const plain = stays ? undefined : REWRITES[layer.class_name]!(layer, weights, target);
    if (!plain) nameActivation(layer, target);
    return plain ? inPlaceOf(layer, plain, taken) : [layer];
  });
  return graph;
}

/** tfjs refuses a normal distribution that is not cut off; no weight of a model that has them all starts from it. */
function nameDistributions({ config }: LayerConfig): void {
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith('_initializer')) continue;
    const inner = (value as { config?: { distribution?: Json } } | null)?.config;
    if (inner?.distribution === 'untruncated_normal') inner.distribution = 'truncated_normal';
  }
}

/** An activation that the target has, by its name there. */
function nameActivation({ config }: LayerConfig, { activations }: PlainTarget): void {
  if (config.activation != null) config.activation = activations[String(config.activation)] as string;
}

/** A dense layer or a convolution with an activation that the target lacks becomes that layer and an Activation. */
function splitActivations(
  layers: readonly LayerConfig[],
  {
    outputs,
    taken,
    target,
  }: { outputs: [string, number, number][]; taken: Set<string>; target: PlainTarget },
): LayerConfig[] {
  const renamed = new Map<string, string>();
  const follow = (reference: [string, ...unknown[]]) => {
    reference[0] = renamed.get(reference[0]) ?? reference[0];
  };
  const split = layers.flatMap((layer): LayerConfig[] => {
    layer.inbound_nodes?.flat().forEach(follow);
    const { name, class_name, config } = layer;
    if (class_name === 'Activation' || !hasForeignActivation(config.activation, target)) return [layer];
    const own = freshName(`${name}_activation`, taken);
    renamed.set(name, own);
    const activation: LayerConfig = {
      class_name: 'Activation',
      name: own,
      config: { name: own, activation: config.activation! },
      inbound_nodes: layer.inbound_nodes!.map((_, call) => [[name, call, 0, {}]]),
    };
    return [{ ...layer, config: { ...config, activation: 'linear' } }, activation];
  });
  outputs.forEach(follow);
  return split;
}

/** Puts layers in a layer's place: the last bears its name, so that nothing else changes. */
function inPlaceOf(layer: LayerConfig, plain: readonly PlainLayer[], taken: Set<string>): LayerConfig[] {
  const names = plain.map((_, i) =>
    i === plain.length - 1 ? layer.name : freshName(`${layer.name}_${i + 1}`, taken),
  );
  return plain.map(({ className, config, takes = [] }, i) => {
    const name = names[i]!;
    const sources = takes.length > 0 ? takes : [i === 0 ? { input: 0 } : i - 1];
    return {
      class_name: className,
      name,
      config: { name, trainable: layer.config.trainable ?? true, dtype: 'float32', ...config },
      inbound_nodes: layer.inbound_nodes!.map((node, call) =>
        sources.map((source): [string, number, number, { [key: string]: Json }] =>
          typeof source === 'number' ? [names[source]!, call, 0, {}] : node[source.input]!,
        ),
      ),
    };
  });
}

function freshName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}

/** (x - mean) / sqrt(variance) as a Rescaling, a number a channel, where the statistics are known. */
function normalization({ name, config }: LayerConfig, weights: WeightMap): PlainLayer[] | undefined {
  const statistic = (role: 'mean' | 'variance'): number[] | undefined => {
    const data = weights.get(`${name}/${role}`)?.data;
    if (data) return Array.from(data, Number);
    // Keras nests what it writes.
    return config[role] == null ? undefined : ([config[role]].flat(8) as number[]);
  };
  const [mean, variance] = [statistic('mean'), statistic('variance')];
  if (!mean || !variance) return undefined;
  const deviation = variance.map((each) => Math.max(Math.sqrt(each), 1e-7));
  const length = Math.max(mean.length, deviation.length);
  const at = (values: readonly number[], i: number) => values[values.length === 1 ? 0 : i]!;
  const channels = Array.from({ length }, (_, i) => i);
  return one('Rescaling', {
    scale: channels.map((i) => 1 / at(deviation, i)),
    offset: channels.map((i) => -at(mean, i) / at(deviation, i)),
  });
}
