import type { GraphTopology, Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { type MatchedClass, matchClasses } from '../head/match.js';
import { checkRate, type HeadOptions, hiddenOf } from '../head/options.js';
import { keepRows } from '../head/rows.js';
import type { Model } from '../model.js';
import type { WeightMap, WeightTensor } from '../weights.js';
import { cutGraph } from './cut.js';
import { findGraphHead, type GraphHead } from './find-head.js';
import { replaceGraphHead, setGraphDropout } from './head.js';

/** A model that is a graph. */
export type GraphModel = Model & { topology: GraphTopology };

export const isGraph = (model: Model): model is GraphModel => model.topology.class_name === 'Graph';

/** How kernels start, and the largest number that the classifier's is drawn from, by its size. */
export interface HeadStart {
  kernel: Json;
  hiddenKernel: Json;
  limit(size: { features: number; classes: number }): number;
}

/** `swapHead` of a graph; its options are checked. */
export function swapGraphHead(
  model: GraphModel,
  labels: readonly string[],
  options: HeadOptions,
  start: HeadStart,
): Model {
  const { dropout, biasStart = 'zeros', keepMatchingClasses = false, seed = 0 } = options;
  const hidden = hiddenOf(options.hidden);
  const old = findGraphHead(model.topology);
  const { topology, weights, layer } = replaceGraphHead(model.topology, model.weights, {
    classes: labels.length,
    initializer: start.kernel,
    dropout,
    ...(hidden && { hidden: { ...hidden, initializer: start.hiddenKernel } }),
  });
  const matches = keepMatchingClasses ? matchingGraphClasses(model, labels, options) : [];
  if (old && matches.length > 0) {
    const kept = keepRows(headWeights(model.weights, old, layer), {
      layer,
      classes: labels.length,
      matches,
      limit: (features) => start.limit({ features, classes: labels.length }),
      seed,
    });
    for (const [name, weight] of kept) weights.set(name, weight);
  }
  if (biasStart !== 'zeros') {
    const bias = Float32Array.from(biasStart);
    const kept = weights.get(`${layer}/bias`)?.data;
    for (const { index } of matches) bias[index] = Number(kept![index]);
    weights.set(`${layer}/bias`, { dtype: 'float32', shape: [labels.length], data: bias });
  }
  return model.with({ topology, weights, labels }, { seed });
}

/** The new classes that a graph's classifier already knows. */
export function matchingGraphClasses(
  { topology, weights, labels }: GraphModel,
  classes: readonly string[],
  { aliases }: Pick<HeadOptions, 'aliases'> = {},
): MatchedClass[] {
  const head = findGraphHead(topology);
  return head && weights.has(head.kernel.name) ? matchClasses(labels, classes, { aliases }) : [];
}

/** The old classifier's weights as a dense layer has them: `[features, classes]`. */
function headWeights(
  weights: WeightMap,
  { kernel, bias, size, transposed }: GraphHead,
  layer: string,
): WeightMap {
  const { data } = weights.get(kernel.name)!;
  const classes = data.length / size;
  const values = transposed
    ? Float32Array.from({ length: data.length }, (_, i) =>
        Number(data[(i % classes) * size + Math.floor(i / classes)]),
      )
    : data;
  const found: WeightMap = new Map<string, WeightTensor>([
    [`${layer}/kernel`, { dtype: 'float32', shape: [size, classes], data: values }],
  ]);
  const biases = bias && weights.get(bias.name);
  if (biases) found.set(`${layer}/bias`, biases);
  return found;
}

/** `withDropout` of a graph. */
export function graphWithDropout(
  model: GraphModel,
  { dropout, dropConnect }: { dropout?: number; dropConnect?: number },
): Model {
  checkRate('dropout', dropout);
  checkRate('dropConnect', dropConnect);
  if (dropConnect) {
    throw new InputError(
      'A graph model has no residual branches that are known as such: drop-connect is only for layers models. ' +
        'Leave drop-connect out, or set it to 0.',
    );
  }
  return dropout === undefined
    ? model.with({})
    : model.with({ topology: setGraphDropout(model.topology, dropout) });
}

/** `cutAt` of a graph. */
export function cutGraphAt(model: GraphModel, nodeName: string): Model {
  const topology = cutGraph(model.topology, nodeName);
  const left = new Set(topology.config.nodes.map(({ name }) => name));
  const weights = new Map([...model.weights].filter(([name]) => left.has(name)));
  return model.with({ topology, weights, labels: [] });
}
