import { type InvertedResiduals, invertedResiduals, type Place } from './inverted-residuals.js';
import type { NameMap, SourceWeight } from './name-map.js';
import { splitTarget } from './split-target.js';

/** Weights of a batch normalization: scale and offset are parameters, the statistics the model's state. */
const NORM: Readonly<Record<string, [root: 'params' | 'state', weight: string]>> = {
  gamma: ['params', 'scale'],
  beta: ['params', 'bias'],
  moving_mean: ['state', 'mean'],
  moving_variance: ['state', 'var'],
};

/**
 * EfficientNet of https://github.com/google-research/sam, in Flax. Layouts are TensorFlow's: nothing is transposed.
 * Modules without a name of their own are numbered through the network: Stem_0, MBConvBlock_1, ..., Head_17.
 */
export const googleResearchSam: NameMap = {
  name: 'google-research-sam',
  description: 'Flax checkpoints of google-research/sam',
  ignored: /^$/,
  conventions: () => ({ padding: 'same', epsilon: 1e-3 }),
  bind(targets) {
    const network = invertedResiduals(new Set(targets.map((target) => splitTarget(target).layer)));
    if (network?.dialect !== 'efficientnet') return () => undefined;
    return (target) => {
      const { layer, weight } = splitTarget(target);
      const place = network.placeOf(layer);
      return place && sourceAt(network, place, weight);
    };
  },
};

function sourceAt({ blocks }: InvertedResiduals, place: Place, weight: string): SourceWeight | undefined {
  const module = moduleOf(place, blocks);
  const layer = nameOf(place);
  if (!place.norm) return { source: `params/${module}/${layer}/${weight}` };
  const norm = Object.hasOwn(NORM, weight) ? NORM[weight] : undefined;
  return norm && { source: `${norm[0]}/${module}/${layer}/${norm[1]}` };
}

function moduleOf(place: Place, blocks: number): string {
  if ('block' in place) return `MBConvBlock_${place.block.index + 1}`;
  return place.at === 'stem' ? 'Stem_0' : `Head_${blocks + 1}`;
}

/** Convolutions and normalizations are numbered within a block, each from 0; the depthwise one is not counted. */
function nameOf(place: Place): string {
  if (!('block' in place)) {
    if (place.at === 'classifier') return 'dense';
    return place.norm ? 'batch_normalization' : 'conv2d';
  }
  const { at, norm, block } = place;
  const before = block.parts.has('expand') ? 1 : 0;
  if (norm)
    return `batch_normalization_${{ expand: 0, depthwise: before, project: before + 1 }[at as 'expand']}`;
  return {
    expand: 'expand_conv2d_0',
    depthwise: 'depthwise_conv2d',
    reduce: 'SqueezeExcite_0/reduce_conv2d_0',
    excite: 'SqueezeExcite_0/expand_conv2d_1',
    project: `project_conv2d_${before}`,
  }[at];
}
