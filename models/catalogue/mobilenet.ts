import { mobilenetV2 } from '../mobilenet-v2.js';
import { mobilenetV3 } from '../mobilenet-v3.js';
import { type BaseModel, IMAGENET, OWN_LICENCE, SYMMETRIC, UNIT } from './base-model.js';
import { timm } from './timm.js';

const common = {
  imageSize: 224,
  minimumImageSize: 32,
  licence: OWN_LICENCE,
  preprocessing: SYMMETRIC,
} as const;

/** MobileNetV2 and V3 (arXiv 1801.04381, 1905.02244): trainable parameters, weights. */
export const MOBILENET_BASES: readonly BaseModel[] = [
  {
    ...common,
    name: 'mobilenet-v2',
    parameters: 3_504_872,
    variants: [timm('imagenet', 'mobilenetv2_100.ra_in1k', { percent: 72.976, preprocessing: IMAGENET })],
    build: ({ includePreprocessing = false, ...options } = {}) =>
      mobilenetV2({ ...options, includePreprocessing }),
  },
  {
    ...common,
    name: 'mobilenet-v3-small',
    parameters: 2_542_856,
    variants: [
      timm('imagenet', 'tf_mobilenetv3_small_100.in1k', { percent: 67.918 }),
      timm('timm', 'mobilenetv3_small_100.lamb_in1k', { percent: 67.656, preprocessing: IMAGENET }),
    ],
    build: ({ includePreprocessing = false, ...options } = {}) =>
      mobilenetV3('mobilenet-v3-small', { ...options, includePreprocessing }),
  },
  {
    ...common,
    name: 'mobilenet-v3-large',
    parameters: 5_483_032,
    variants: [
      timm('imagenet', 'tf_mobilenetv3_large_100.in1k', { percent: 75.516 }),
      timm('timm', 'mobilenetv3_large_100.ra_in1k', { percent: 75.766, preprocessing: IMAGENET }),
      timm('in21k-ft', 'mobilenetv3_large_100.miil_in21k_ft_in1k', { percent: 77.918, preprocessing: UNIT }),
    ],
    build: ({ includePreprocessing = false, ...options } = {}) =>
      mobilenetV3('mobilenet-v3-large', { ...options, includePreprocessing }),
  },
];
