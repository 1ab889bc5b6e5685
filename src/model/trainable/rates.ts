import { invalid } from '../../errors.js';
import { layerOf } from '../../patterns.js';
import { blocksOf } from '../blocks/index.js';
import type { NetworkLayers } from './layers.js';

export interface RateOptions {
  /** Rate of a block as a share of that of the block behind it, above 0 to 1. @default 1 */
  layerDecay?: number;
  /** Rate of the head as a multiple of the learning rate, 0 or more. @default 1 */
  headRate?: number;
  /** Rate of the body as a multiple of the learning rate, 0 or more. @default 1 */
  bodyRate?: number;
}

/**
 * Layer-wise decay of the learning rate, with the exponents of BEiT (arXiv 2106.08254) and timm: the head has 1, the
 * block before it decay, the one before that decay^2, down to the stem, which counts as a block. In a network without a
 * head its last block has 1. Both `bodyRate` and the decay count for a block of the body.
 *
 * @returns the factor of the learning rate of a weight, by its name
 */
export function learningRateFactors(
  model: NetworkLayers,
  { layerDecay = 1, headRate = 1, bodyRate = 1 }: RateOptions = {},
): (weight: string) => number {
  if (!(layerDecay > 0 && layerDecay <= 1))
    throw invalid('--layer-decay', 'a number above 0, to 1', layerDecay);
  for (const [option, rate] of [
    ['--head-rate', headRate],
    ['--body-rate', bodyRate],
  ] as const) {
    if (!(rate >= 0 && Number.isFinite(rate))) throw invalid(option, 'a number of 0 or more', rate);
  }
  const factors = new Map<string, number>();
  const blocks = blocksOf(model);
  blocks.forEach(({ layers, head }, i) => {
    const factor = head ? headRate : bodyRate * layerDecay ** (blocks.length - 1 - i);
    for (const layer of layers) factors.set(layer, factor);
  });
  return (weight) => {
    const factor = factors.get(layerOf(weight));
    if (factor === undefined) throw new Error(`The weight '${weight}' belongs to no layer of the network.`);
    return factor;
  };
}
