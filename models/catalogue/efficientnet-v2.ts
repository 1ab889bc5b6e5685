import { EFFICIENTNETS_V2, type EfficientNetV2Name, efficientnetV2 } from '../efficientnet-v2.js';
import { type BaseModel, IMAGENET, OWN_LICENCE, SYMMETRIC, type Variant } from './base-model.js';
import { timm } from './timm.js';

function base(name: EfficientNetV2Name, parameters: number, variants: readonly Variant[]): BaseModel {
  return {
    name,
    parameters,
    imageSize: EFFICIENTNETS_V2[name].imageSize,
    minimumImageSize: 32,
    licence: OWN_LICENCE,
    // The small ones scale as EfficientNet does, the others to -1..1.
    preprocessing: name.startsWith('efficientnet-v2-b') ? IMAGENET : SYMMETRIC,
    variants,
    build: ({ includePreprocessing = false, ...options } = {}) =>
      efficientnetV2(name, { ...options, includePreprocessing }),
  };
}

/** The authors' weights, ported by timm: trained on ImageNet-1k, on 21k, or on 21k and then on 1k. */
function ported(member: string, { fineTuned, imagenet }: { fineTuned: number; imagenet: number }): Variant[] {
  const model = `tf_efficientnetv2_${member}`;
  return [
    timm('in21k-ft', `${model}.in21k_ft_in1k`, { percent: fineTuned, preprocessing: SYMMETRIC }),
    timm('imagenet', `${model}.in1k`, { percent: imagenet }),
    timm('in21k', `${model}.in21k`, { preprocessing: SYMMETRIC }),
  ];
}

const small = (member: string, percent: number): Variant[] => [
  timm('imagenet', `tf_efficientnetv2_${member}.in1k`, { percent }),
];

/** EfficientNetV2 (arXiv 2104.00298): trainable parameters, weights. */
export const EFFICIENTNET_V2_BASES: readonly BaseModel[] = [
  base('efficientnet-v2-b0', 7_139_704, small('b0', 78.358)),
  base('efficientnet-v2-b1', 8_141_052, small('b1', 79.462)),
  base('efficientnet-v2-b2', 10_096_086, small('b2', 80.194)),
  base('efficientnet-v2-b3', 14_358_406, ported('b3', { fineTuned: 82.67, imagenet: 81.97 })),
  base('efficientnet-v2-s', 21_458_488, ported('s', { fineTuned: 84.288, imagenet: 83.9 })),
  base('efficientnet-v2-m', 54_139_356, ported('m', { fineTuned: 86.0, imagenet: 85.204 })),
  base('efficientnet-v2-l', 118_515_272, ported('l', { fineTuned: 86.802, imagenet: 85.664 })),
];
