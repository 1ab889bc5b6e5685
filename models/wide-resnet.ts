import { FunctionalBuilder } from './functional-builder.js';
import { CIFAR_SIZE, type SmallImageOptions, SmallResidual } from './residual.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

/** Channels of the three groups at width 1. */
const GROUP_FILTERS = [16, 32, 64] as const;

/** Members by name: `depth-width`; a group has (depth - 4) / 6 blocks. */
export const WIDE_RESNETS = {
  'wide-resnet-28-10': { depth: 28, width: 10, imageSize: CIFAR_SIZE },
  'wide-resnet-16-8': { depth: 16, width: 8, imageSize: CIFAR_SIZE },
  'wide-resnet-40-2': { depth: 40, width: 2, imageSize: CIFAR_SIZE },
} as const;

/** A member of the WideResNet family. */
export type WideResNetName = keyof typeof WIDE_RESNETS;

export interface WideResNetOptions extends SmallImageOptions {
  /** Dropout rate between the convolutions of each block, 0 to below 1; 0 leaves the layers out. @default 0 */
  dropout?: number;
  /**
   * Shortcut where channels change. `convolution`: 1 x 1 and `symmetric` padding, as published. `padding`: the mean of
   * each window, channels of zeros and `same` padding, as google-research/sam has it. @default 'convolution'
   */
  shortcut?: 'convolution' | 'padding';
}

/**
 * A wide residual network as a topology without weights: activation before convolution, 32 px images
 * (arXiv 1605.07146). Start values and momentum are those of google-research/sam.
 *
 * @example
 * const topology = wideResnet('wide-resnet-28-10', { classes: 100 });
 */
export function wideResnet(name: WideResNetName, options: WideResNetOptions = {}): FunctionalTopology {
  const { depth, width } = WIDE_RESNETS[name];
  const { dropout = 0, shortcut = 'convolution' } = options;
  const { padding = shortcut === 'convolution' ? 'symmetric' : 'same' } = options;
  const net = new FunctionalBuilder(name.replaceAll('-', '_'));
  const parts = new SmallResidual(net, { ...options, padding });
  let x = parts.convolution('init_conv', parts.pixels, { filters: 16, kernelSize: 3 });
  GROUP_FILTERS.forEach((filters, group) => {
    for (let block = 0; block < (depth - 4) / 6; block++) {
      x = wideBlock(parts, x, {
        prefix: `group${group + 1}_block${block + 1}`,
        filters: filters * width,
        strides: group > 0 && block === 0 ? 2 : 1,
        isFirst: group === 0 && block === 0,
        dropout,
        shortcut,
      });
    }
  });
  x = parts.relu('final_relu', parts.normalize('final_bn', x));
  return parts.classify(x);
}

interface BlockOptions {
  prefix: string;
  filters: number;
  strides: 1 | 2;
  /** Of the network. */
  isFirst: boolean;
  dropout: number;
  shortcut: 'convolution' | 'padding';
}

/** Twice normalization, ReLU and a 3 x 3 convolution, with dropout between, beside a shortcut. */
function wideBlock(parts: SmallResidual, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, filters, strides, isFirst, dropout, shortcut } = options;
  const active = parts.relu(`${prefix}_relu1`, parts.normalize(`${prefix}_bn1`, input));
  let x = parts.convolution(`${prefix}_conv1`, active, { filters, kernelSize: 3, strides });
  x = parts.relu(`${prefix}_relu2`, parts.normalize(`${prefix}_bn2`, x));
  if (dropout > 0) x = parts.net.dropout(`${prefix}_dropout`, x, { rate: dropout });
  x = parts.convolution(`${prefix}_conv2`, x, { filters, kernelSize: 3 });
  const changes = input.shape[2] !== filters;
  // In google-research/sam the first shortcut of the network starts behind the activation, the others before it.
  const around =
    changes && shortcut === 'convolution'
      ? parts.convolution(`${prefix}_shortcut_conv`, active, { filters, kernelSize: 1, strides })
      : parts.paddedShortcut(`${prefix}_shortcut`, changes && isFirst ? active : input, {
          channels: filters,
          strides,
        });
  return parts.net.add(`${prefix}_add`, [x, around]);
}
