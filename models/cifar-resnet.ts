import { FunctionalBuilder } from './functional-builder.js';
import { CIFAR_SIZE, type SmallImageOptions, SmallResidual } from './residual.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

/** Channels of the three groups. */
const GROUP_FILTERS = [16, 32, 64] as const;

/** Members by name; a group has (depth - 2) / 6 blocks. */
export const CIFAR_RESNETS = {
  'cifar-resnet-20': { depth: 20, imageSize: CIFAR_SIZE },
  'cifar-resnet-32': { depth: 32, imageSize: CIFAR_SIZE },
  'cifar-resnet-44': { depth: 44, imageSize: CIFAR_SIZE },
  'cifar-resnet-56': { depth: 56, imageSize: CIFAR_SIZE },
  'cifar-resnet-110': { depth: 110, imageSize: CIFAR_SIZE },
} as const;

/** A member of the family of residual networks for CIFAR. */
export type CifarResNetName = keyof typeof CIFAR_RESNETS;

export interface CifarResNetOptions extends SmallImageOptions {
  /**
   * Shortcut where channels change. `padding`: every second pixel, and channels of zeros (option A, as published for
   * CIFAR). `convolution`: 1 x 1 with batch normalization (option B). @default 'padding'
   */
  shortcut?: 'padding' | 'convolution';
}

/**
 * A residual network for images of 32 pixels as a topology without weights (arXiv 1512.03385, section 4.2), padded
 * `symmetric` unless told otherwise. Start values and momentum are those of google-research/sam.
 *
 * @example
 * const topology = cifarResnet('cifar-resnet-32', { classes: 100 });
 */
export function cifarResnet(name: CifarResNetName, options: CifarResNetOptions = {}): FunctionalTopology {
  const { depth } = CIFAR_RESNETS[name];
  const { padding = 'symmetric', shortcut = 'padding' } = options;
  const net = new FunctionalBuilder(name.replaceAll('-', '_'));
  const parts = new SmallResidual(net, { ...options, padding });
  let x = parts.convolution('init_conv', parts.pixels, { filters: GROUP_FILTERS[0], kernelSize: 3 });
  x = parts.relu('init_relu', parts.normalize('init_bn', x));
  GROUP_FILTERS.forEach((filters, group) => {
    for (let block = 0; block < (depth - 2) / 6; block++) {
      const prefix = `group${group + 1}_block${block + 1}`;
      x = plainBlock(parts, x, { prefix, filters, strides: group > 0 && block === 0 ? 2 : 1, shortcut });
    }
  });
  return parts.classify(x);
}

interface BlockOptions {
  prefix: string;
  filters: number;
  strides: 1 | 2;
  shortcut: 'padding' | 'convolution';
}

/** Two 3 x 3 convolutions with normalization, beside a shortcut; ReLU behind the sum. */
function plainBlock(parts: SmallResidual, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, filters, strides } = options;
  let x = parts.convolution(`${prefix}_conv1`, input, { filters, kernelSize: 3, strides });
  x = parts.relu(`${prefix}_relu1`, parts.normalize(`${prefix}_bn1`, x));
  x = parts.convolution(`${prefix}_conv2`, x, { filters, kernelSize: 3 });
  x = parts.normalize(`${prefix}_bn2`, x);
  const around = strides === 1 ? input : shortcutOf(parts, input, options);
  return parts.relu(`${prefix}_relu2`, parts.net.add(`${prefix}_add`, [x, around]));
}

function shortcutOf(
  parts: SmallResidual,
  input: LayerOutput,
  { prefix, filters, strides, shortcut }: BlockOptions,
): LayerOutput {
  const own = `${prefix}_shortcut`;
  if (shortcut === 'convolution') {
    const x = parts.convolution(`${own}_conv`, input, { filters, kernelSize: 1, strides });
    return parts.normalize(`${own}_bn`, x);
  }
  const every = { kernelSize: 1, strides, padding: 'valid' } as const;
  const picked = parts.net.averagePooling2d(`${own}_pick`, input, every);
  return parts.paddedShortcut(own, picked, { channels: filters, strides: 1 });
}
