import { InputError, invalid } from '../../errors.js';
import { COUNT, frozenLayers, frozenWeights, type NamedWeight, weightsOf } from './freeze.js';
import { layersNamed, type NetworkLayers, type WeightedBlocks, weightedBlocks } from './layers.js';

export interface UnfreezeOptions {
  /** What does not train at first: see {@link frozenWeights}. */
  freeze: readonly string[];
  /** `epoch:what`, where `what` is a pattern of layers, a number of blocks before the head (`5`: the last 5), or `all`. */
  unfreezeSchedule: readonly string[];
  /** Epochs of the run. */
  epochs: number;
}

/** Epochs in which the same weights train. */
export interface Stage {
  /** Epochs done before it: 0 for the first stage, 1 for one that an entry `2:...` begins. */
  fromEpoch: number;
  /** Weights that do not train. */
  frozen: ReadonlySet<string>;
}

const OPTION = '--unfreeze-schedule';
const ALL = 'all';

/**
 * The stages of a run in which layers are thawed one after the other (gradual unfreezing, arXiv 1801.06146, section
 * 3.3); what is thawed stays so. Entries count epochs from 1, as logs do.
 *
 * @throws InputError for entries that cannot be read, and for what contradicts itself: a schedule where nothing is frozen,
 * an epoch beyond the run, layers that train already
 */
export function unfreezeStages(
  model: NetworkLayers,
  weights: readonly NamedWeight[],
  { freeze, unfreezeSchedule, epochs }: UnfreezeOptions,
): Stage[] {
  const stages: Stage[] = [{ fromEpoch: 0, frozen: frozenWeights(model, weights, freeze) }];
  if (unfreezeSchedule.length === 0) return stages;
  if (freeze.length === 0) {
    throw new InputError(
      `${OPTION} thaws what --freeze holds, and nothing is frozen. Give --freeze, or leave it out.`,
    );
  }
  const network = weightedBlocks(model, weights);
  const frozen = new Set(frozenLayers(network, freeze));
  const entries = unfreezeSchedule.map((text) => readEntry(text, epochs));
  for (const { epoch, what, text } of entries.toSorted((a, b) => a.epoch - b.epoch)) {
    const thawed = [...thawedLayers(what, network)].filter((layer) => frozen.delete(layer));
    if (thawed.length === 0) {
      throw new InputError(
        `'${text}' (${OPTION}) thaws layers that train already from an earlier epoch on. Freeze them, or leave it out.`,
      );
    }
    if (stages.at(-1)!.fromEpoch === epoch - 1) stages.pop();
    stages.push({ fromEpoch: epoch - 1, frozen: weightsOf(frozen, weights) });
  }
  return stages;
}

interface Entry {
  epoch: number;
  what: string;
  text: string;
}

function readEntry(text: string, epochs: number): Entry {
  const [, epochText, what] = /^\s*(\d+)\s*:\s*(.+?)\s*$/.exec(text) ?? [];
  if (epochText === undefined || what === undefined) {
    throw invalid(
      OPTION,
      'entries epoch:what',
      text,
      'For example 2:block7*, 4:5 (the last 5 blocks), 6:all.',
    );
  }
  const epoch = Number(epochText);
  if (epoch < 2) {
    throw invalid(
      OPTION,
      'epochs of 2 or more',
      text,
      'What trains from the first epoch on is not frozen: take it out of --freeze.',
    );
  }
  if (epoch > epochs) {
    throw invalid(
      OPTION,
      `epochs up to ${epochs}, the last one of the run`,
      text,
      'Train for more --epochs, or thaw earlier.',
    );
  }
  return { epoch, what, text };
}

function thawedLayers(what: string, network: WeightedBlocks): Iterable<string> {
  const { body, blocks } = network;
  if (what === ALL) return blocks.flatMap(({ layers }) => layers);
  if (!COUNT.test(what)) return layersNamed(what, network, OPTION);
  const count = Number(what);
  if (count >= 1 && count <= body.length) return body.slice(-count).flatMap(({ layers }) => layers);
  throw invalid(OPTION, `1 to ${body.length} blocks, as many as there are before the head`, what);
}
