import type { LayerBinding, TorchLayer } from './pytorch.js';

/** `conv3_block2_1_conv`: stage, block, convolution within the block (0 is the shortcut's), convolution or norm. */
const IN_BLOCK = /^conv([2-5])_block(\d+)_([0-3])_(conv|bn)$/;

const OUTSIDE = new Map<string, TorchLayer>([
  ['conv1_conv', { kind: 'conv', source: 'conv1' }],
  ['conv1_bn', { kind: 'norm', source: 'bn1' }],
  ['predictions', { kind: 'linear', source: 'fc' }],
]);

/** ResNet as torchvision names it, and timm after it; undefined where the layers are of another architecture. */
export function residualLayers(layers: ReadonlySet<string>): LayerBinding | undefined {
  if (![...layers].some((layer) => layer.startsWith('conv1_') || IN_BLOCK.test(layer))) return undefined;
  return (layer) => {
    const [, stage, block, index = '', type] = IN_BLOCK.exec(layer) ?? [];
    if (stage === undefined) return OUTSIDE.get(layer);
    const kind = type === 'conv' ? 'conv' : 'norm';
    const shortcut = kind === 'conv' ? 'downsample.0' : 'downsample.1';
    const own = index === '0' ? shortcut : `${type}${index}`;
    return { kind, source: `layer${Number(stage) - 1}.${Number(block) - 1}.${own}` };
  };
}
