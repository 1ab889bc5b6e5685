import { InputError, invalid } from '../../errors.js';
import { layerOf } from '../../patterns.js';
import {
  layersNamed,
  type NamedWeight,
  type NetworkLayers,
  type WeightedBlocks,
  weightedBlocks,
} from './layers.js';

export type { NamedWeight } from './layers.js';

const BODY = 'body';
const OPTION = '--freeze';
/** A number of blocks. */
export const COUNT = /^\d+$/;

/**
 * Weights that do not train, moving statistics among them: a layer is frozen as a whole.
 *
 * @param weights of the forward pass: see `buildForward`
 * @param freeze names of layers in which `*` stands for any characters (`stem_*`), names of blocks (`block1a`), numbers of
 * blocks from the input (`3`), and `body` for all but the head
 * @throws InputError for an entry that nothing matches, with the nearest layer, and where nothing would be left to train
 */
export function frozenWeights(
  model: NetworkLayers,
  weights: readonly NamedWeight[],
  freeze: readonly string[],
): ReadonlySet<string> {
  if (freeze.length === 0) return new Set();
  const frozen = weightsOf(frozenLayers(weightedBlocks(model, weights), freeze), weights);
  if (weights.some(({ name, trainable }) => trainable && !frozen.has(name))) return frozen;
  throw new InputError(
    `${OPTION} ${freeze.join(',')} freezes every weight: nothing would train. Leave out the last blocks, or the head.`,
  );
}

/** The layers that the entries of `freeze` mean. */
export function frozenLayers(network: WeightedBlocks, freeze: readonly string[]): ReadonlySet<string> {
  return new Set(freeze.flatMap((entry) => [...layersOfEntry(network, entry.trim())]));
}

/** The weights of layers, in the order of `weights`. */
export const weightsOf = (
  layers: ReadonlySet<string>,
  weights: readonly NamedWeight[],
): ReadonlySet<string> =>
  new Set(weights.map(({ name }) => name).filter((name) => layers.has(layerOf(name))));

function layersOfEntry(network: WeightedBlocks, entry: string): Iterable<string> {
  const { body, blocks, weighted } = network;
  const holding = (some: WeightedBlocks['body']) =>
    some.flatMap(({ layers }) => layers.filter((layer) => weighted.has(layer)));
  if (entry === BODY) {
    if (body.length < blocks.length) return holding(body);
    throw new InputError(
      `${OPTION} ${BODY} freezes all but the head, and this network has none: it ends in features. Name layers.`,
    );
  }
  if (!COUNT.test(entry)) return layersNamed(entry, network, OPTION);
  const count = Number(entry);
  if (count >= 1 && count <= body.length) return holding(body.slice(0, count));
  throw invalid(OPTION, `1 to ${body.length} blocks, as many as there are before the head`, entry);
}
