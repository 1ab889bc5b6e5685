import { type ResNetName, resnet } from '../resnet.js';
import { type BaseModel, IMAGENET, OWN_LICENCE, type Variant } from './base-model.js';
import { type TimmRow, timm } from './timm.js';

function base(name: ResNetName, parameters: number, variants: readonly Variant[] = []): BaseModel {
  return {
    name,
    parameters,
    imageSize: 224,
    minimumImageSize: 32,
    licence: OWN_LICENCE,
    preprocessing: IMAGENET,
    variants,
    build: (options = {}) => resnet(name, options),
  };
}

const TORCHVISION: TimmRow = { licence: 'BSD-3-Clause' };

/** Weights of timm (arXiv 2110.00476, recipe A1) and of torchvision, old recipe and new: top-1 of each. */
function published(depth: number, [a1, v1, v2]: readonly [number, number, number]): Variant[] {
  return [
    timm('imagenet', `resnet${depth}.a1_in1k`, { percent: a1, measuredAt: 288 }),
    timm('torchvision', `resnet${depth}.tv_in1k`, { ...TORCHVISION, percent: v1 }),
    timm('torchvision-v2', `resnet${depth}.tv2_in1k`, { ...TORCHVISION, percent: v2 }),
  ];
}

/**
 * ResNet (arXiv 1512.03385): trainable parameters, weights. Without a suffix the stride is in the 3 x 3 convolution, as in timm and
 * torchvision; `-v1` are those of keras.applications.
 */
export const RESNET_BASES: readonly BaseModel[] = [
  base('resnet-50', 25_557_032, [
    ...published(50, [81.214, 76.13, 80.85]),
    // A billion images of Instagram by their hashtags, arXiv 1905.00546; not for commercial use.
    timm('semi-weakly', 'resnet50.fb_swsl_ig1b_ft_in1k', { percent: 81.182, licence: 'CC-BY-NC-4.0' }),
  ]),
  base('resnet-101', 44_549_160, published(101, [82.322, 77.376, 81.89])),
  base('resnet-152', 60_192_808, published(152, [82.732, 78.322, 82.288])),
  base('resnet-50-v1', 25_583_592),
  base('resnet-101-v1', 44_601_832),
  base('resnet-152-v1', 60_268_520),
];
