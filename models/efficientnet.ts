import type { Conventions } from './conventions.js';
import {
  buildEfficientNet,
  type EfficientNetFamily,
  type EfficientNetStage,
} from './efficientnet-builder.js';
import { multipleOf8 } from './rounding.js';
import type { FunctionalTopology } from './topology.js';

/** The blocks of EfficientNet-B0 (arXiv 1905.11946, table 1), before squeeze-and-excitation. */
const STAGES: readonly Omit<EfficientNetStage, 'squeezeRatio'>[] = [
  { kernelSize: 3, repeats: 1, filters: 16, expandRatio: 1, strides: 1 },
  { kernelSize: 3, repeats: 2, filters: 24, expandRatio: 6, strides: 2 },
  { kernelSize: 5, repeats: 2, filters: 40, expandRatio: 6, strides: 2 },
  { kernelSize: 3, repeats: 3, filters: 80, expandRatio: 6, strides: 2 },
  { kernelSize: 5, repeats: 3, filters: 112, expandRatio: 6, strides: 1 },
  { kernelSize: 5, repeats: 4, filters: 192, expandRatio: 6, strides: 2 },
  { kernelSize: 3, repeats: 1, filters: 320, expandRatio: 6, strides: 1 },
];

const IMAGENET_STD = [0.229, 0.224, 0.225];

const EFFICIENTNET: EfficientNetFamily = {
  stages: STAGES.map((stage) => ({ ...stage, squeezeRatio: 0.25 })),
  activation: 'swish',
  stemFilters: 32,
  round: multipleOf8,
  scaleStemAndHead: true,
  explicitPadding: true,
  depthwiseName: 'dwconv',
  momentum: 0.99,
  preprocess(net, pixels, { imagenetWeights }) {
    const x = net.normalization('normalization', net.rescaling('rescaling', pixels, { scale: 1 / 255 }));
    if (!imagenetWeights) return x;
    // The ImageNet weights of keras.applications hold the standard deviation where Normalization takes the
    // variance, so the layer divides by its square root only; the other square root is divided out here.
    return net.rescaling('rescaling_1', x, { scale: IMAGENET_STD.map((std) => 1 / Math.sqrt(std)) });
  },
};

/** Made for phones: no squeeze-and-excitation, ReLU6, stem and head of fixed size. */
const EFFICIENTNET_LITE: EfficientNetFamily = {
  stages: STAGES.map((stage) => ({ ...stage, squeezeRatio: 0 })),
  activation: 'relu6',
  stemFilters: 32,
  round: multipleOf8,
  scaleStemAndHead: false,
  explicitPadding: false,
  depthwiseName: 'dwconv',
  momentum: 0.99,
  preprocess: (net, pixels) => net.rescaling('rescaling', pixels, { scale: 1 / 128, offset: -127 / 128 }),
};

interface EfficientNetMember {
  family: EfficientNetFamily;
  width: number;
  depth: number;
  /** Native side of the input, in pixels. */
  imageSize: number;
  dropout: number;
  dropConnect: number;
}

function member(
  family: EfficientNetFamily,
  [width, depth, imageSize, dropout]: readonly [number, number, number, number],
): EfficientNetMember {
  return { family, width, depth, imageSize, dropout, dropConnect: 0.2 };
}

/** Width, depth, resolution and dropout of each member, as in the authors' repository. */
export const EFFICIENTNETS = {
  'efficientnet-b0': member(EFFICIENTNET, [1.0, 1.0, 224, 0.2]),
  'efficientnet-b1': member(EFFICIENTNET, [1.0, 1.1, 240, 0.2]),
  'efficientnet-b2': member(EFFICIENTNET, [1.1, 1.2, 260, 0.3]),
  'efficientnet-b3': member(EFFICIENTNET, [1.2, 1.4, 300, 0.3]),
  'efficientnet-b4': member(EFFICIENTNET, [1.4, 1.8, 380, 0.4]),
  'efficientnet-b5': member(EFFICIENTNET, [1.6, 2.2, 456, 0.4]),
  'efficientnet-b6': member(EFFICIENTNET, [1.8, 2.6, 528, 0.5]),
  'efficientnet-b7': member(EFFICIENTNET, [2.0, 3.1, 600, 0.5]),
  'efficientnet-b8': member(EFFICIENTNET, [2.2, 3.6, 672, 0.5]),
  'efficientnet-l2': member(EFFICIENTNET, [4.3, 5.3, 800, 0.5]),
  'efficientnet-l2-475': member(EFFICIENTNET, [4.3, 5.3, 475, 0.5]),
  'efficientnet-lite0': member(EFFICIENTNET_LITE, [1.0, 1.0, 224, 0.2]),
  'efficientnet-lite1': member(EFFICIENTNET_LITE, [1.0, 1.1, 240, 0.2]),
  'efficientnet-lite2': member(EFFICIENTNET_LITE, [1.1, 1.2, 260, 0.3]),
  'efficientnet-lite3': member(EFFICIENTNET_LITE, [1.2, 1.4, 280, 0.3]),
  'efficientnet-lite4': member(EFFICIENTNET_LITE, [1.4, 1.8, 300, 0.3]),
} as const satisfies Record<string, EfficientNetMember>;

/** A member of the EfficientNet families. */
export type EfficientNetName = keyof typeof EFFICIENTNETS;

/**
 * How a member is built; what is left out is as published, and as TensorFlow pads (`same`) and normalizes
 * (epsilon 1e-3).
 */
export interface EfficientNetOptions extends Partial<Conventions> {
  /** @default 1000 */
  classes?: number;
  /** Side of the square input, in pixels, 32 or more. @default the member's native size */
  imageSize?: number;
  /** Dropout rate in front of the classifier, 0 to below 1; 0 leaves the layer out. @default the member's */
  dropout?: number;
  /**
   * Drop-connect (stochastic depth) rate, 0 to below 1: block i of n drops an image's branch at
   * `dropConnect * i / n`; 0 leaves the layers out. @default 0.2
   */
  dropConnect?: number;
  /**
   * Whether the model takes pixels in 0..255 and scales them by layers of its own, under the names of
   * keras.applications. `'imagenet'` adds the second rescaling that Keras 2.15 puts in front of its ImageNet
   * weights. tfjs has no Normalization layer: a model with one needs that class registered there.
   * @default true, and false for the Lite members
   */
  includePreprocessing?: boolean | 'imagenet';
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

/**
 * An EfficientNet as a topology without weights (arXiv 1905.11946).
 *
 * @example
 * const topology = efficientnet('efficientnet-b0', { classes: 10, imageSize: 96 });
 */
export function efficientnet(name: EfficientNetName, options: EfficientNetOptions = {}): FunctionalTopology {
  const { family, width, depth, ...published } = EFFICIENTNETS[name];
  const {
    classes = 1000,
    imageSize = published.imageSize,
    dropout = published.dropout,
    dropConnect = published.dropConnect,
    includePreprocessing = family === EFFICIENTNET,
    classifierActivation = 'softmax',
    padding = 'same',
    epsilon = 1e-3,
  } = options;
  const inModel = includePreprocessing === 'imagenet' ? 'in-model-imagenet' : 'in-model';
  return buildEfficientNet({
    modelName: name.replaceAll('-', ''),
    family,
    width,
    depth,
    imageSize,
    classes,
    dropout,
    dropConnect,
    preprocessing: includePreprocessing ? inModel : 'none',
    classifierActivation,
    padding,
    epsilon,
  });
}
