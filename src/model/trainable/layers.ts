import { closest } from 'fastest-levenshtein';
import type { Topology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { layerOf, patternOf } from '../../patterns.js';
import { type Block, blocksOf } from '../blocks/index.js';

/** Layers that a message lists. */
const MOST_NAMED = 5;

/** A network as far as it is told what trains. */
export interface NetworkLayers {
  topology: Topology;
  imageSize?: number;
}

/** A weight of a forward pass, or its specification. */
export interface NamedWeight {
  name: string;
  /** False for moving statistics. */
  trainable: boolean;
}

/** The blocks of a network, and which of its layers hold weights. */
export interface WeightedBlocks {
  /** All of them; the last is the head, where there is one. */
  blocks: readonly Block[];
  /** Those before the head. */
  body: readonly Block[];
  /** Names of the layers that hold weights. */
  weighted: ReadonlySet<string>;
}

/** Divides a network. */
export function weightedBlocks(model: NetworkLayers, weights: readonly NamedWeight[]): WeightedBlocks {
  const blocks = blocksOf(model);
  const weighted = new Set(weights.map(({ name }) => layerOf(name)));
  return { blocks, body: blocks.filter(({ head }) => !head), weighted };
}

/**
 * The layers with weights that a pattern of names, or the name of a block, means.
 *
 * @param option what it was given for: `--freeze`
 * @throws InputError for a pattern that no layer has, with the nearest that one has, and for layers without weights
 */
export function layersNamed(
  pattern: string,
  { blocks, weighted }: WeightedBlocks,
  option: string,
): ReadonlySet<string> {
  const all = blocks.flatMap(({ layers }) => layers);
  const wanted = patternOf(pattern);
  const named = all.filter((layer) => wanted.test(layer));
  const block = blocks.find(({ name }) => name === pattern)?.layers ?? [];
  // A block may bear the name of its last layer: that layer alone is meant, unless it holds nothing.
  for (const found of [named, block]) {
    const holding = found.filter((layer) => weighted.has(layer));
    if (holding.length > 0) return new Set(holding);
  }
  if (named.length > 0) {
    throw new InputError(
      `'${pattern}' (${option}) means layers without weights: ${named.slice(0, MOST_NAMED).join(', ')}. ` +
        'Name layers that hold weights.',
    );
  }
  const known = all.filter((layer) => weighted.has(layer));
  const names = blocks.map(({ name }) => name).join(', ');
  throw new InputError(
    `No layer matches '${pattern}' (${option}). Did you mean '${closest(pattern, known)}'? Blocks: ${names}. ` +
      'All layers: sam-finetune bases NAME --summary',
  );
}
