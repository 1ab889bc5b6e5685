import { FunctionalBuilder } from './functional-builder.js';
import { CIFAR_SIZE, type SmallImageOptions, SmallResidual } from './residual.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

const STEM_FILTERS = 16;
const BLOCKS_PER_GROUP = 4;

/** Members by name: depth, branches, and channels of the first group. */
export const SHAKE_SHAKES = {
  'shake-shake-26-2x96d': { filters: 96, imageSize: CIFAR_SIZE },
} as const;

/** A member of the Shake-Shake family. */
export type ShakeShakeName = keyof typeof SHAKE_SHAKES;

export interface ShakeShakeOptions extends SmallImageOptions {
  /** Channels of the first group, an even number; the second has twice, the third four times as many. @default the member's */
  filters?: number;
}

/**
 * A network of two residual branches that are mixed at random, an image at a time ("Shake-Shake-Image"), as a
 * topology without weights (arXiv 1705.07485), as google-research/sam has it.
 *
 * @example
 * const topology = shakeShake('shake-shake-26-2x96d', { classes: 100 });
 */
export function shakeShake(name: ShakeShakeName, options: ShakeShakeOptions = {}): FunctionalTopology {
  const { filters = SHAKE_SHAKES[name].filters } = options;
  const parts = new SmallResidual(new FunctionalBuilder(`shake_shake_26_2x${filters}d`), options);
  let x = parts.convolution('init_conv', parts.pixels, { filters: STEM_FILTERS, kernelSize: 3 });
  x = parts.normalize('init_bn', x);
  for (let group = 0; group < 3; group++) {
    for (let block = 0; block < BLOCKS_PER_GROUP; block++) {
      x = shakenBlock(parts, x, {
        prefix: `group${group + 1}_block${block + 1}`,
        filters: filters * 2 ** group,
        strides: group > 0 && block === 0 ? 2 : 1,
      });
    }
  }
  return parts.classify(parts.relu('final_relu', x));
}

interface BlockOptions {
  prefix: string;
  filters: number;
  strides: 1 | 2;
}

/** Two branches of two 3 x 3 convolutions, mixed, beside a shortcut. */
function shakenBlock(parts: SmallResidual, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, filters, strides } = options;
  const { net } = parts;
  const active = parts.relu(`${prefix}_relu`, input);
  const branch = (letter: 'a' | 'b') => {
    const own = `${prefix}_${letter}`;
    let x = parts.convolution(`${own}_conv1`, active, { filters, kernelSize: 3, strides });
    x = parts.relu(`${own}_relu1`, parts.normalize(`${own}_bn1`, x));
    x = parts.convolution(`${own}_conv2`, x, { filters, kernelSize: 3 });
    return parts.normalize(`${own}_bn2`, x);
  };
  const branches = [branch('a'), branch('b')];
  // Keras has no such layer; `toPlainLayers` says its inference with one that it has.
  const config = { trainable: true, dtype: 'float32' };
  const mixed = net.layer('ShakeShake', `${prefix}_shake`, branches, config, branches[0]!.shape);
  const shortcut = input.shape[2] === filters ? input : twoPathShortcut(parts, input, options);
  return net.add(`${prefix}_add`, [shortcut, mixed]);
}

/**
 * Every second pixel, and every second one of the image moved by one pixel to the top and left; each goes through a
 * 1 x 1 convolution to half of the channels (section 2.1.1 of the paper).
 */
function twoPathShortcut(
  parts: SmallResidual,
  input: LayerOutput,
  { prefix, filters, strides }: BlockOptions,
) {
  const { net } = parts;
  const own = `${prefix}_shortcut`;
  const path = (number: 1 | 2, x: LayerOutput) => {
    const window = { kernelSize: 1, strides, padding: 'valid' } as const;
    const picked = strides === 1 ? x : net.averagePooling2d(`${own}_pool${number}`, x, window);
    return parts.convolution(`${own}_conv${number}`, picked, { filters: filters / 2, kernelSize: 1 });
  };
  const padded = net.zeroPadding2d(`${own}_pad`, input, [
    [0, 1],
    [0, 1],
  ]);
  const cropping = [
    [1, 0],
    [1, 0],
  ];
  const crop = { trainable: true, dtype: 'float32', cropping, data_format: 'channels_last' };
  const paths = [
    path(1, input),
    path(2, net.layer('Cropping2D', `${own}_crop`, [padded], crop, input.shape)),
  ];
  const shape = [...paths[0]!.shape.slice(0, 2), filters];
  const axis = { trainable: true, dtype: 'float32', axis: -1 };
  return parts.normalize(`${own}_bn`, net.layer('Concatenate', `${own}_concat`, paths, axis, shape));
}
