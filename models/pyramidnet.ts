import { FunctionalBuilder } from './functional-builder.js';
import { CIFAR_SIZE, type SmallImageOptions, SmallResidual } from './residual.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

const STEM_FILTERS = 16;
const GROUPS = 3;

interface PyramidNetMember {
  /** Layers with weights, but for shortcuts. */
  depth: number;
  /** Channels that are added from the first block to the last. */
  alpha: number;
  /** 3 x 3 twice, or 1 x 1, 3 x 3, 1 x 1 with four times as many channels at its end. */
  block: 'basic' | 'bottleneck';
  /** Probability that ShakeDrop shakes the last block; 0: no ShakeDrop. */
  dropConnect: number;
  imageSize: number;
}

const basic = (alpha: number): PyramidNetMember => ({
  depth: 110,
  alpha,
  block: 'basic',
  dropConnect: 0,
  imageSize: CIFAR_SIZE,
});

/** Members by name: depth and alpha. Another alpha is an option. */
export const PYRAMIDNETS = {
  'pyramidnet-110-alpha48': basic(48),
  'pyramidnet-110-alpha84': basic(84),
  'pyramidnet-110-alpha270': basic(270),
  'pyramidnet-272-alpha200': {
    depth: 272,
    alpha: 200,
    block: 'bottleneck',
    dropConnect: 0.5,
    imageSize: CIFAR_SIZE,
  },
} as const satisfies Record<string, PyramidNetMember>;

/** A member of the PyramidNet family. */
export type PyramidNetName = keyof typeof PYRAMIDNETS;

export interface PyramidNetOptions extends SmallImageOptions {
  /** Channels that are added from the first block to the last, 0 or more. @default the member's */
  alpha?: number;
  /**
   * Probability that ShakeDrop shakes the last block, 0 to 1; it grows linearly from the first. 0 leaves the layers
   * out. @default 0.5 for depth 272, 0 for depth 110
   */
  dropConnect?: number;
}

/**
 * A pyramidal residual network as a topology without weights (arXiv 1610.02915), with ShakeDrop (arXiv 1802.02375)
 * where asked. Channels are rounded to the nearest whole number, as in google-research/sam and other work after
 * AutoAugment; the paper rounds down, and so counts up to 4 % fewer parameters.
 *
 * @example
 * const topology = pyramidnet('pyramidnet-110-alpha48', { alpha: 150 });
 */
export function pyramidnet(name: PyramidNetName, options: PyramidNetOptions = {}): FunctionalTopology {
  const { depth, block: kind, ...published }: PyramidNetMember = PYRAMIDNETS[name];
  const { alpha = published.alpha, dropConnect = published.dropConnect } = options;
  const convolutions = kind === 'basic' ? 2 : 3;
  const blocksPerGroup = (depth - 2) / (GROUPS * convolutions);
  const blocks = GROUPS * blocksPerGroup;
  const parts = new SmallResidual(new FunctionalBuilder(`pyramidnet_${depth}_alpha${alpha}`), options);
  const branchOf = kind === 'basic' ? basicBranch : bottleneckBranch;

  let x = parts.convolution('init_conv', parts.pixels, { filters: STEM_FILTERS, kernelSize: 3 });
  x = parts.normalize('init_bn', x);
  for (let index = 0; index < blocks; index++) {
    const group = Math.floor(index / blocksPerGroup);
    const inGroup = index % blocksPerGroup;
    const prefix = `group${group + 1}_block${inGroup + 1}`;
    const filters = Math.round(STEM_FILTERS + (alpha * (index + 1)) / blocks);
    const strides = group > 0 && inGroup === 0 ? 2 : 1;
    const branch = branchOf(parts, x, { prefix, filters, strides });
    const dropRate = (dropConnect * (index + 1)) / blocks;
    const shaken = dropRate > 0 ? shake(parts, `${prefix}_shake`, branch, dropRate) : branch;
    const shape = { channels: branch.shape[2]!, strides };
    x = parts.net.add(`${prefix}_add`, [shaken, parts.paddedShortcut(`${prefix}_shortcut`, x, shape)]);
  }
  x = parts.relu('final_relu', parts.normalize('final_bn', x));
  return parts.classify(x);
}

interface BranchOptions {
  prefix: string;
  filters: number;
  strides: 1 | 2;
}

/** A branch begins and ends with a normalization without activation (figure 6d of the first paper). */
function basicBranch(parts: SmallResidual, input: LayerOutput, options: BranchOptions): LayerOutput {
  const { prefix, filters, strides } = options;
  let x = parts.normalize(`${prefix}_bn1`, input);
  x = parts.convolution(`${prefix}_conv1`, x, { filters, kernelSize: 3, strides });
  x = parts.relu(`${prefix}_relu1`, parts.normalize(`${prefix}_bn2`, x));
  x = parts.convolution(`${prefix}_conv2`, x, { filters, kernelSize: 3 });
  return parts.normalize(`${prefix}_bn3`, x);
}

function bottleneckBranch(parts: SmallResidual, input: LayerOutput, options: BranchOptions): LayerOutput {
  const { prefix, filters, strides } = options;
  let x = parts.normalize(`${prefix}_bn1`, input);
  x = parts.convolution(`${prefix}_conv1`, x, { filters, kernelSize: 1 });
  x = parts.relu(`${prefix}_relu1`, parts.normalize(`${prefix}_bn2`, x));
  x = parts.convolution(`${prefix}_conv2`, x, { filters, kernelSize: 3, strides });
  x = parts.relu(`${prefix}_relu2`, parts.normalize(`${prefix}_bn3`, x));
  x = parts.convolution(`${prefix}_conv3`, x, { filters: 4 * filters, kernelSize: 1 });
  return parts.normalize(`${prefix}_bn4`, x);
}

/** Adds ShakeDrop, which Keras does not have: `toPlainLayers` says its inference with a layer that it has. */
function shake({ net }: SmallResidual, name: string, x: LayerOutput, dropRate: number): LayerOutput {
  const ranges = { alpha: [-1, 1], beta: [0, 1] };
  const config = { trainable: true, dtype: 'float32', keep_probability: 1 - dropRate, ...ranges };
  return net.layer('ShakeDrop', name, [x], config, x.shape);
}
