import { type InvertedResiduals, invertedResiduals, PARTS, type Place } from './inverted-residuals.js';
import type { NameMap } from './name-map.js';
import { type TorchLayer, torchNameMap } from './pytorch.js';
import { residualLayers } from './residual.js';

/** Models whose weights were trained elsewhere, with TensorFlow's epsilon, and the MobileNets V3. */
const LARGE_EPSILON = /^(efficientnet-b[5-7]|efficientnet-v2-[sml]|mobilenet-v3-(large|small))$/;

/** torchvision's ResNet, EfficientNet, EfficientNetV2, MobileNetV2, MobileNetV3. */
export const torchvision: NameMap = torchNameMap(
  {
    name: 'torchvision',
    description: "torchvision's models",
    conventions: (base) => ({ padding: 'symmetric', epsilon: LARGE_EPSILON.test(base) ? 1e-3 : 1e-5 }),
  },
  (layers) => {
    const residual = residualLayers(layers);
    if (residual) return residual;
    const network = invertedResiduals(layers);
    return (layer) => network && layerAt(network, network.placeOf(layer));
  },
);

function layerAt(network: InvertedResiduals, place: Place | undefined): TorchLayer | undefined {
  if (place === undefined) return undefined;
  const { dialect, stages, blocks } = network;
  const kind = place.norm ? 'norm' : 'conv';
  const index = place.norm ? 1 : 0;
  switch (place.at) {
    case 'stem':
      return { kind, source: `features.0.${index}` };
    case 'head':
      return { kind, source: `features.${(dialect === 'efficientnet' ? stages : blocks) + 1}.${index}` };
    case 'hidden':
      return { kind: 'pointwise', source: 'classifier.0' };
    case 'classifier':
      // Dropout, and in MobileNetV3 a hidden layer and its activation, come first.
      return dialect === 'mobilenet-v3'
        ? { kind: 'pointwise', source: 'classifier.3' }
        : { kind: 'linear', source: 'classifier.1' };
    default:
      return { kind, source: inBlock(dialect, place) };
  }
}

function inBlock(dialect: InvertedResiduals['dialect'], place: Extract<Place, { block: unknown }>): string {
  const { stage, position, index, parts } = place.block;
  // Squeeze-and-excitation's two convolutions are one module.
  const modules = PARTS.filter((part) => parts.has(part) && part !== 'excite');
  const number = modules.indexOf(place.at === 'excite' ? 'reduce' : place.at);
  if (dialect === 'mobilenet-v2') {
    // The last convolution and its normalization stand alone, the others are pairs.
    const last = place.norm ? number + 1 : number;
    const own = place.at === 'project' ? `${last}` : `${number}.${place.norm ? 1 : 0}`;
    return `features.${index + 1}.conv.${own}`;
  }
  const block = dialect === 'efficientnet' ? `features.${stage + 1}.${position}` : `features.${index + 1}`;
  const own = { reduce: 'fc1', excite: 'fc2' }[place.at as string] ?? (place.norm ? '1' : '0');
  return `${block}.block.${number}.${own}`;
}
