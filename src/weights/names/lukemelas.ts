import { type InvertedResiduals, invertedResiduals, type Place } from './inverted-residuals.js';
import type { NameMap } from './name-map.js';
import { type TorchLayer, torchNameMap } from './pytorch.js';

/** EfficientNet of https://github.com/lukemelas/EfficientNet-PyTorch, with TensorFlow's weights and padding. */
export const lukemelas: NameMap = named(
  'lukemelas',
  'EfficientNet-PyTorch by lukemelas, or after its pattern',
);

/** EfficientNet-Lite in PyTorch, named in the same way. */
export const efficientnetLite: NameMap = named('efficientnet-lite', 'EfficientNet-Lite for PyTorch', {
  withSqueeze: false,
});

function named(name: string, description: string, { withSqueeze = true } = {}): NameMap {
  const conventions: NameMap['conventions'] = () => ({ padding: 'same', epsilon: 1e-3 });
  return torchNameMap({ name, description, conventions }, (layers) => {
    const network = invertedResiduals(layers);
    if (network?.dialect !== 'efficientnet') return () => undefined;
    return (layer) => {
      const place = network.placeOf(layer);
      return place && squeezes(place) && !withSqueeze ? undefined : layerAt(place);
    };
  });
}

const squeezes = ({ at }: Place): boolean => at === 'reduce' || at === 'excite';

const OUTSIDE = {
  stem: ['_conv_stem', '_bn0'],
  head: ['_conv_head', '_bn1'],
} as const;

/**
 * Convolution and normalization of each part. A block without expansion has no `_bn0`: the numbers of the others
 * stay.
 */
const IN_BLOCK = {
  expand: ['_expand_conv', '_bn0'],
  depthwise: ['_depthwise_conv', '_bn1'],
  reduce: ['_se_reduce'],
  excite: ['_se_expand'],
  project: ['_project_conv', '_bn2'],
} as const;

function layerAt(place: ReturnType<InvertedResiduals['placeOf']>): TorchLayer | undefined {
  if (place === undefined || place.at === 'hidden') return undefined;
  if (place.at === 'classifier') return { kind: 'linear', source: '_fc' };
  return 'block' in place
    ? pick(`_blocks.${place.block.index}.`, IN_BLOCK[place.at], place)
    : pick('', OUTSIDE[place.at], place);
}

function pick(prefix: string, names: readonly string[], { norm }: Place): TorchLayer | undefined {
  const name = names[norm ? 1 : 0];
  return name === undefined ? undefined : { kind: norm ? 'norm' : 'conv', source: `${prefix}${name}` };
}
