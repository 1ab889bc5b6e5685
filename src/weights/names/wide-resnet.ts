import type { NameMap } from './name-map.js';
import { type LayerBinding, type TorchLayer, torchNameMap } from './pytorch.js';

/** `group1_block1_conv1` */
const IN_BLOCK = /^group(\d+)_block(\d+)_(.+)$/;

const OUTSIDE = new Map<string, TorchLayer>([
  ['init_conv', { kind: 'conv', source: 'conv1' }],
  ['final_bn', { kind: 'norm', source: 'bn1' }],
  ['predictions', { kind: 'linear', source: 'fc' }],
]);

const INSIDE = new Map<string, TorchLayer>([
  ['bn1', { kind: 'norm', source: 'bn1' }],
  ['conv1', { kind: 'conv', source: 'conv1' }],
  ['bn2', { kind: 'norm', source: 'bn2' }],
  ['conv2', { kind: 'conv', source: 'conv2' }],
  ['shortcut_conv', { kind: 'conv', source: 'convShortcut' }],
]);

/**
 * WideResNet of https://github.com/xternalz/WideResNet-pytorch. Its shortcuts are convolutions, as in the paper: the
 * base has to be built with them.
 */
export const wideResnet: NameMap = torchNameMap(
  {
    name: 'wide-resnet-pytorch',
    description: 'WideResNet-pytorch by xternalz',
    conventions: () => ({ padding: 'symmetric', epsilon: 1e-5 }),
  },
  (layers) => (layers.has('init_conv') ? layerAt : none),
);

const none: LayerBinding = () => undefined;

function layerAt(layer: string): TorchLayer | undefined {
  const [, group, block, rest = ''] = IN_BLOCK.exec(layer) ?? [];
  if (group === undefined) return OUTSIDE.get(layer);
  const found = INSIDE.get(rest);
  return found && { ...found, source: `block${group}.layer.${Number(block) - 1}.${found.source}` };
}
