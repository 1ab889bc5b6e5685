import { FunctionalBuilder } from './functional-builder.js';
import {
  GLOROT,
  MOMENTUM,
  type MobileNetMember,
  type MobileNetOptions,
  type MobileNetStyle,
  pointwise,
  TO_SYMMETRIC,
} from './mobilenet.js';
import { multipleOf8 } from './rounding.js';
import { padForStride } from './stride-padding.js';
import type { FunctionalTopology } from './topology.js';
import type { LayerOutput } from './window.js';

/** Expansion, output channels at width 1, blocks, strides of the first block (arXiv 1801.04381, table 2). */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const STEM_FILTERS = 32;
const HEAD_FILTERS = 1280;

/** Members by name. Another width is an option, not a name of its own. */
export const MOBILENETS_V2 = {
  'mobilenet-v2': { imageSize: 224, dropout: 0.2, widths: [0.35, 0.5, 0.75, 1, 1.3, 1.4] },
} as const satisfies Record<string, MobileNetMember>;

/** A member of the MobileNetV2 family. */
export type MobileNetV2Name = keyof typeof MOBILENETS_V2;

/**
 * How MobileNetV2 is built. Preprocessing is left out unless it is asked for, as keras.applications has it; the
 * dropout of 0.2 is that of the authors' training (keras.applications has none).
 */
export type MobileNetV2Options = MobileNetOptions;

/**
 * MobileNetV2 as a topology without weights (arXiv 1801.04381), with the layers and the layer names of
 * keras.applications.
 *
 * @example
 * const topology = mobilenetV2({ classes: 10, imageSize: 96, width: 0.35 });
 */
export function mobilenetV2(options: MobileNetV2Options = {}): FunctionalTopology {
  const published = MOBILENETS_V2['mobilenet-v2'];
  const {
    classes = 1000,
    imageSize = published.imageSize,
    width = 1,
    dropout = published.dropout,
    includePreprocessing = false,
    classifierActivation = 'softmax',
    padding = 'same',
    epsilon = 1e-3,
  } = options;
  const net = new FunctionalBuilder(`mobilenetv2_${width.toFixed(2)}_${imageSize}`);
  const style: MobileNetStyle = { padding, normalization: { epsilon, momentum: MOMENTUM } };
  const input = net.input('input_1', [imageSize, imageSize, 3]);
  const pixels = includePreprocessing ? net.rescaling('rescaling', input, TO_SYMMETRIC) : input;

  const padded = padForStride(net, 'Conv1_pad', pixels, { kernelSize: 3, strides: 2, padding });
  const filters = multipleOf8(STEM_FILTERS * width);
  let x = net.conv2d('Conv1', padded.x, {
    ...padded.window,
    filters,
    useBias: false,
    initializer: GLOROT,
  });
  x = net.batchNormalization('bn_Conv1', x, style.normalization);
  x = net.activation('Conv1_relu', x, 'relu6');

  let block = 0;
  for (const [expansion, filters, repeats, strides] of STAGES) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      x = invertedResidual(net, x, {
        prefix: block === 0 ? 'expanded_conv_' : `block_${block}_`,
        style,
        expansion,
        filters: multipleOf8(Math.floor(filters * width)),
        strides: repeat === 0 ? strides : 1,
      });
      block += 1;
    }
  }

  // The last convolution grows with the width, but never shrinks (section 6.1 of the paper).
  x = pointwise(net, 'Conv_1', x, multipleOf8(HEAD_FILTERS * Math.max(1, width)));
  x = net.batchNormalization('Conv_1_bn', x, style.normalization);
  x = net.activation('out_relu', x, 'relu6');
  x = net.globalAveragePooling2d('global_average_pooling2d', x);
  if (dropout > 0) x = net.dropout('dropout', x, { rate: dropout });
  const classifier = { units: classes, activation: classifierActivation, initializer: GLOROT };
  return net.topology(input, net.dense('predictions', x, classifier));
}

interface BlockOptions {
  /** Start of the layers' names. */
  prefix: string;
  style: MobileNetStyle;
  expansion: number;
  filters: number;
  strides: 1 | 2;
}

/** Expand, filter each channel, project without an activation; add the input where shapes allow. */
function invertedResidual(net: FunctionalBuilder, input: LayerOutput, options: BlockOptions): LayerOutput {
  const { prefix, style, expansion, filters, strides } = options;
  const { padding, normalization } = style;
  const channels = input.shape[2]!;
  let x = input;
  if (expansion !== 1) {
    x = pointwise(net, `${prefix}expand`, x, channels * expansion);
    x = net.batchNormalization(`${prefix}expand_BN`, x, normalization);
    x = net.activation(`${prefix}expand_relu`, x, 'relu6');
  }
  const window = { kernelSize: 3, strides, padding, explicit: true };
  const padded = padForStride(net, `${prefix}pad`, x, window);
  x = net.depthwiseConv2d(`${prefix}depthwise`, padded.x, {
    ...padded.window,
    useBias: false,
    initializer: GLOROT,
  });
  x = net.batchNormalization(`${prefix}depthwise_BN`, x, normalization);
  x = net.activation(`${prefix}depthwise_relu`, x, 'relu6');
  x = net.batchNormalization(
    `${prefix}project_BN`,
    pointwise(net, `${prefix}project`, x, filters),
    normalization,
  );
  return strides === 1 && channels === filters ? net.add(`${prefix}add`, [input, x]) : x;
}
