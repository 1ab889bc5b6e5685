import { type Block, type InvertedResiduals, invertedResiduals, type Place } from './inverted-residuals.js';
import type { NameMap } from './name-map.js';
import { type LayerBinding, type TorchLayer, torchNameMap } from './pytorch.js';
import { residualLayers } from './residual.js';

/** What timm ported from TensorFlow: `tf_efficientnet_*`, `tf_efficientnetv2_*`, `tf_mobilenetv3_*`. */
export const timmTf: NameMap = torchNameMap(
  {
    name: 'timm-tf',
    description: "timm's tf_ models, ported from TensorFlow",
    conventions: () => ({ padding: 'same', epsilon: 1e-3 }),
  },
  (layers) => invertedResidualLayers(layers) ?? none,
);

/** What timm's own way of training gave: `efficientnet_*`, `mobilenetv2_100`, `mobilenetv3_*`, `resnet50`, ... */
export const timm: NameMap = torchNameMap(
  {
    name: 'timm',
    description: "timm's own models",
    conventions: () => ({ padding: 'symmetric', epsilon: 1e-5 }),
  },
  (layers) => residualLayers(layers) ?? invertedResidualLayers(layers) ?? none,
);

const none: LayerBinding = () => undefined;

function invertedResidualLayers(layers: ReadonlySet<string>): LayerBinding | undefined {
  const network = invertedResiduals(layers);
  return network && ((layer) => layerAt(network, network.placeOf(layer)));
}

function layerAt({ dialect, stages }: InvertedResiduals, place: Place | undefined): TorchLayer | undefined {
  if (place === undefined) return undefined;
  const kind = place.norm ? 'norm' : 'conv';
  switch (place.at) {
    case 'stem':
      return { kind, source: place.norm ? 'bn1' : 'conv_stem' };
    case 'head':
      // MobileNetV3's last convolution in front of the pooling counts as a stage of its own.
      if (dialect === 'mobilenet-v3')
        return { kind, source: `blocks.${stages}.0.${place.norm ? 'bn1' : 'conv'}` };
      return { kind, source: place.norm ? 'bn2' : 'conv_head' };
    case 'hidden':
      return { kind, source: 'conv_head' };
    case 'classifier':
      return { kind: dialect === 'mobilenet-v3' ? 'pointwise' : 'linear', source: 'classifier' };
    default: {
      const { stage, position } = place.block;
      return { kind, source: `blocks.${stage}.${position}.${nameInBlock(place.block, place)}` };
    }
  }
}

/** Normalizations are counted through the block; convolutions are named after what the whole block is. */
function nameInBlock({ parts }: Block, { at, norm }: Place): string | undefined {
  const order = (['expand', 'depthwise', 'project'] as const).filter((part) => parts.has(part));
  if (norm) return `bn${order.indexOf(at as (typeof order)[number]) + 1}`;
  const isFused = !parts.has('depthwise');
  const names = {
    expand: isFused ? 'conv_exp' : 'conv_pw',
    depthwise: 'conv_dw',
    reduce: 'se.conv_reduce',
    excite: 'se.conv_expand',
    project: projection(isFused, parts.has('expand')),
  };
  return names[at as keyof typeof names];
}

function projection(isFused: boolean, expands: boolean): string {
  if (expands) return 'conv_pwl';
  return isFused ? 'conv' : 'conv_pw';
}
