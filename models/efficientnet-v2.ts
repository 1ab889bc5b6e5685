import type { Conventions } from './conventions.js';
import {
  buildEfficientNet,
  type EfficientNetFamily,
  type EfficientNetStage,
} from './efficientnet-builder.js';
import { STAGES_B, STAGES_L, STAGES_M, STAGES_S } from './efficientnet-v2-stages.js';
import { nearestMultipleOf8 } from './rounding.js';
import type { FunctionalTopology } from './topology.js';

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

function family(
  stages: readonly EfficientNetStage[],
  stemFilters: number,
  preprocess: EfficientNetFamily['preprocess'],
): EfficientNetFamily {
  return {
    stages,
    activation: 'swish',
    stemFilters,
    round: nearestMultipleOf8,
    scaleStemAndHead: true,
    explicitPadding: false,
    depthwiseName: 'dwconv2',
    momentum: 0.9,
    preprocess,
  };
}

/**
 * `(pixel / 255 - mean) / std` as one layer. keras.applications has a second one, Normalization with fixed
 * statistics, which tfjs lacks; neither holds weights.
 */
const byChannel: EfficientNetFamily['preprocess'] = (net, pixels) =>
  net.rescaling('rescaling', pixels, {
    scale: IMAGENET_STD.map((std) => 1 / (255 * std)),
    offset: IMAGENET_MEAN.map((mean, channel) => -mean / IMAGENET_STD[channel]!),
  });

/** As keras.applications has it; the authors' code divides by 128 after subtracting 128. */
const aroundZero: EfficientNetFamily['preprocess'] = (net, pixels) =>
  net.rescaling('rescaling', pixels, { scale: 1 / 128, offset: -1 });

const B = family(STAGES_B, 32, byChannel);
const S = family(STAGES_S, 24, aroundZero);
const M = family(STAGES_M, 24, aroundZero);
const L = family(STAGES_L, 32, aroundZero);

interface EfficientNetV2Member {
  family: EfficientNetFamily;
  width: number;
  depth: number;
  /** Side of the images that it is evaluated on, in pixels. */
  imageSize: number;
  /** Side of the images that its authors trained it on, in pixels; the larger one of progressive training. */
  trainingImageSize: number;
  dropout: number;
  /** 1 less the survival probability of the authors, 0.8. */
  dropConnect: number;
}

function member(
  family: EfficientNetFamily,
  [width, depth]: readonly [number, number],
  [trainingImageSize, imageSize, dropout]: readonly [number, number, number],
): EfficientNetV2Member {
  return { family, width, depth, imageSize, trainingImageSize, dropout, dropConnect: 0.2 };
}

/**
 * Width and depth; sizes and dropout of each member, as in the authors' repository (`effnetv2_configs.py`).
 * keras.applications has a dropout of 0.2 for all.
 */
export const EFFICIENTNETS_V2 = {
  'efficientnet-v2-b0': member(B, [1.0, 1.0], [192, 224, 0.2]),
  'efficientnet-v2-b1': member(B, [1.0, 1.1], [192, 240, 0.2]),
  'efficientnet-v2-b2': member(B, [1.1, 1.2], [208, 260, 0.3]),
  'efficientnet-v2-b3': member(B, [1.2, 1.4], [240, 300, 0.3]),
  'efficientnet-v2-s': member(S, [1.0, 1.0], [300, 384, 0.2]),
  'efficientnet-v2-m': member(M, [1.0, 1.0], [384, 480, 0.3]),
  'efficientnet-v2-l': member(L, [1.0, 1.0], [384, 480, 0.4]),
} as const satisfies Record<string, EfficientNetV2Member>;

/** A member of the EfficientNetV2 family. */
export type EfficientNetV2Name = keyof typeof EFFICIENTNETS_V2;

/**
 * How a member is built; what is left out is as published, and as TensorFlow pads (`same`) and normalizes
 * (epsilon 1e-3).
 */
export interface EfficientNetV2Options extends Partial<Conventions> {
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
  /** Whether the model takes pixels in 0..255 and scales them by a layer of its own. @default true */
  includePreprocessing?: boolean;
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

/**
 * An EfficientNetV2 as a topology without weights (arXiv 2104.00298).
 *
 * @example
 * const topology = efficientnetV2('efficientnet-v2-s', { classes: 10, imageSize: 128 });
 */
export function efficientnetV2(
  name: EfficientNetV2Name,
  options: EfficientNetV2Options = {},
): FunctionalTopology {
  const { trainingImageSize: _, ...published } = EFFICIENTNETS_V2[name];
  const {
    classes = 1000,
    imageSize = published.imageSize,
    dropout = published.dropout,
    dropConnect = published.dropConnect,
    includePreprocessing = true,
    classifierActivation = 'softmax',
    padding = 'same',
    epsilon = 1e-3,
  } = options;
  return buildEfficientNet({
    ...published,
    classes,
    imageSize,
    dropout,
    dropConnect,
    classifierActivation,
    padding,
    epsilon,
    modelName: name.replace('efficientnet-v2', 'efficientnetv2'),
    preprocessing: includePreprocessing ? 'in-model' : 'none',
  });
}
