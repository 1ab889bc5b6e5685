import type { FunctionalTopology, Json, LayerConfig } from '../../models/topology.js';
import { type HeadStart, isGraph, matchingGraphClasses, swapGraphHead } from './graph/swap-head.js';
import { type Classifier, dropoutBefore, findClassifier } from './head/classifier.js';
import { setDropout } from './head/dropout.js';
import { append, insertBefore } from './head/edit.js';
import { type MatchedClass, type MatchOptions, matchClasses } from './head/match.js';
import {
  checkHead,
  type HeadInitializer,
  type HeadOptions,
  type HiddenLayer,
  hiddenOf,
  labelsOf,
} from './head/options.js';
import { keepRows } from './head/rows.js';
import type { Model } from './model.js';
import { chainToGraph } from './sequential.js';
import { traceLayers } from './trace.js';
import type { WeightMap } from './weights.js';

export { withDropout } from './head/dropout.js';
export type { MatchedClass } from './head/match.js';
export {
  HEAD_INITIALIZERS,
  type HeadInitializer,
  type HeadOptions,
  type HiddenLayer,
} from './head/options.js';

/**
 * Variance scaling, uniform: EfficientNet's classifier takes it over the outputs, its numbers lie in +-sqrt(3 scale /
 * classes); PyTorch's linear layer over the inputs, in +-sqrt(3 scale / features).
 */
const VARIANCE_SCALE = 1 / 3;

const ZEROS: Json = { class_name: 'Zeros', config: {} };
const scaled = (mode: 'fan_in' | 'fan_out'): Json => ({
  class_name: 'VarianceScaling',
  config: { scale: VARIANCE_SCALE, mode, distribution: 'uniform', seed: null },
});
const KERNELS: Record<HeadInitializer, Json> = {
  zeros: ZEROS,
  variance: scaled('fan_out'),
  'fan-in': scaled('fan_in'),
};
const LIMITS: Record<HeadInitializer, HeadStart['limit']> = {
  zeros: () => 0,
  variance: ({ classes }) => Math.sqrt((3 * VARIANCE_SCALE) / classes),
  'fan-in': ({ features }) => Math.sqrt((3 * VARIANCE_SCALE) / features),
};
const HIDDEN_KERNEL: Json = { class_name: 'HeNormal', config: { seed: null } };

/** How the kernels of a head start, and the largest number that the classifier's is drawn from. */
const startOf = (initializer: HeadInitializer): HeadStart => ({
  kernel: KERNELS[initializer],
  hiddenKernel: HIDDEN_KERNEL,
  limit: LIMITS[initializer],
});

/**
 * The same network with a new classifier, which starts anew. A network that ends in a classifier (a `Dense`, or a
 * 1 x 1 `Conv2D` after pooling) keeps everything before it; one that ends in features gets global average pooling,
 * where it still has height and width, and a `Dense`. Weights of the other layers are shared with `model`, not copied.
 *
 * @throws InputError for options that cannot be, and for a network whose classifier is not found
 * @example const model = swapHead(base, { classes: task.classes, dropout: 0.3, keepMatchingClasses: true });
 */
export function swapHead(model: Model, options: HeadOptions): Model {
  const {
    dropout,
    initializer = 'zeros',
    biasStart = 'zeros',
    keepMatchingClasses = false,
    seed = 0,
  } = options;
  const labels = labelsOf(options.classes);
  const hidden = hiddenOf(options.hidden);
  checkHead(options, labels);
  const start = startOf(initializer);
  if (isGraph(model)) return swapGraphHead(model, labels, options, start);
  const { imageSize } = model;
  const graph = structuredClone(chainToGraph(model.topology));
  const found = findClassifier(graph, { imageSize });
  const { layer, tail } = found ?? { layer: addClassifier(graph, imageSize), tail: [] };
  const oldClasses = Number(layer.config[sizeKey(layer)]);
  setClasses({ layer, tail }, { classes: labels.length, oldClasses, start });
  if (hidden) addHidden(graph, layer, hidden);
  if (dropout !== undefined) setDropout(graph, layer, dropout);

  const weights: WeightMap = new Map(
    [...model.weights].filter(([name]) => !name.startsWith(`${layer.name}/`)),
  );
  const matches = keepMatchingClasses && found ? matchesOf(model, layer.name, labels, options) : [];
  if (matches.length > 0) {
    const limit = (features: number) => start.limit({ features, classes: labels.length });
    const rows = { layer: layer.name, classes: labels.length, matches, limit, seed };
    for (const [name, weight] of keepRows(model.weights, rows)) weights.set(name, weight);
  }
  if (biasStart !== 'zeros') {
    const bias = Float32Array.from(biasStart);
    const kept = weights.get(`${layer.name}/bias`)?.data;
    for (const { index } of matches) bias[index] = Number(kept![index]);
    weights.set(`${layer.name}/bias`, { dtype: 'float32', shape: [labels.length], data: bias });
  }
  return model.with({ topology: graph, weights, labels }, { seed });
}

/**
 * The new classes that a base's classifier already knows: what `swapHead(base, { classes, keepMatchingClasses: true })`
 * keeps. Labels match when they are equal, spelled alike, or (by `aliases`) names of the same class. None where the base
 * has no classifier, or no weights for it.
 */
export function matchingClasses(
  base: Model,
  classes: readonly string[],
  options: MatchOptions = {},
): MatchedClass[] {
  if (isGraph(base)) return matchingGraphClasses(base, classes, options);
  const classifier = findClassifier(chainToGraph(base.topology), base);
  return classifier ? matchesOf(base, classifier.layer.name, classes, options) : [];
}

function matchesOf(
  { weights, labels }: Model,
  classifier: string,
  classes: readonly string[],
  { aliases }: MatchOptions,
): MatchedClass[] {
  return weights.has(`${classifier}/kernel`) ? matchClasses(labels, classes, { aliases }) : [];
}

const sizeKey = ({ class_name }: LayerConfig) => (class_name === 'Conv2D' ? 'filters' : 'units');

/** Pools what is still an image, and adds a dense layer of no size yet. */
function addClassifier(graph: FunctionalTopology, imageSize: number): LayerConfig {
  const [output, node] = graph.config.output_layers[0]!;
  const calls = traceLayers(graph, { imageSize }).filter(({ name }) => name === output);
  if (calls[node]!.shape.length === 3) {
    append(graph, {
      className: 'GlobalAveragePooling2D',
      name: 'avg_pool',
      config: { data_format: 'channels_last' },
    });
  }
  return append(graph, {
    className: 'Dense',
    name: 'predictions',
    config: { units: 0, activation: 'softmax', use_bias: true },
  });
}

function setClasses(
  { layer, tail }: Classifier,
  { classes, oldClasses, start }: { classes: number; oldClasses: number; start: HeadStart },
): void {
  layer.config[sizeKey(layer)] = classes;
  layer.config.kernel_initializer = start.kernel;
  layer.config.bias_initializer = ZEROS;
  layer.config.use_bias = true;
  // One image has one class: independent scores become a distribution.
  if (layer.config.activation === 'sigmoid') layer.config.activation = 'softmax';
  for (const { class_name, config } of tail) {
    if (class_name === 'Activation' && config.activation === 'sigmoid') config.activation = 'softmax';
    if (class_name !== 'Reshape') continue;
    config.target_shape = (config.target_shape as number[]).map((size) =>
      size === oldClasses ? classes : size,
    );
  }
}

/** Puts the hidden layer in front of the classifier's dropout. */
function addHidden(
  graph: FunctionalTopology,
  classifier: LayerConfig,
  { units, dropout = 0 }: HiddenLayer,
): void {
  const convolution = classifier.class_name === 'Conv2D';
  const layer = insertBefore(graph, dropoutBefore(graph, classifier) ?? classifier, {
    className: classifier.class_name,
    name: 'hidden',
    config: {
      ...(convolution && {
        kernel_size: [1, 1],
        strides: [1, 1],
        padding: 'same',
        data_format: 'channels_last',
      }),
      [sizeKey(classifier)]: units,
      activation: 'relu',
      use_bias: true,
      kernel_initializer: HIDDEN_KERNEL,
      bias_initializer: ZEROS,
    },
  });
  if (dropout > 0) {
    const config = { rate: dropout, noise_shape: null, seed: null };
    insertBefore(graph, layer, { className: 'Dropout', name: 'hidden_dropout', config });
  }
}
