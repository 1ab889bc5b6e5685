import { EFFICIENTNETS, type EfficientNetName, efficientnet } from '../efficientnet.js';
import { type BaseModel, IMAGENET, OWN_LICENCE, SYMMETRIC, type Variant } from './base-model.js';
import { type TimmRow, timm } from './timm.js';

function base(name: EfficientNetName, parameters: number, variants: readonly Variant[]): BaseModel {
  return {
    name,
    parameters,
    imageSize: EFFICIENTNETS[name].imageSize,
    minimumImageSize: 32,
    licence: OWN_LICENCE,
    preprocessing: IMAGENET,
    variants,
    build: ({ includePreprocessing = false, ...options } = {}) =>
      efficientnet(name, { ...options, includePreprocessing }),
  };
}

/** Tags of timm, by the name of the variant: what the weights were trained on, and how. */
const TAGS = {
  /** Labels and JFT images without labels, arXiv 1911.04252. */
  'noisy-student': 'ns_jft_in1k',
  /** Adversarial examples beside the clean ones, arXiv 1911.09665; scales pixels to -1..1. */
  advprop: 'ap_in1k',
  /** With AutoAugment: the figures of the paper, arXiv 1905.11946. */
  imagenet: 'aa_in1k',
  randaugment: 'ra_in1k',
  /** Without AutoAugment. */
  plain: 'in1k',
} as const;

/** The authors' weights of one member, ported by timm: timm's top-1 by variant, the default first. */
function ported(member: string, top1: Partial<Record<keyof typeof TAGS, number>>): Variant[] {
  return (Object.entries(top1) as [keyof typeof TAGS, number][]).map(([name, percent]) =>
    timm(name, `tf_efficientnet_${member}.${TAGS[name]}`, {
      percent,
      ...(name === 'advprop' && { preprocessing: SYMMETRIC }),
    }),
  );
}

/** Weights that timm trained itself. */
const trained = (model: string, row: TimmRow): Variant => timm('timm', `efficientnet_${model}`, row);

/** EfficientNet B0 to B8 and L2 (arXiv 1905.11946, 1911.09665, 1911.04252): trainable parameters, weights. */
export const EFFICIENTNET_BASES: readonly BaseModel[] = [
  base('efficientnet-b0', 5_288_548, [
    ...ported('b0', { 'noisy-student': 78.67, advprop: 77.09, imagenet: 76.834, plain: 76.532 }),
    trained('b0.ra_in1k', { percent: 77.694 }),
  ]),
  base('efficientnet-b1', 7_794_184, [
    ...ported('b1', { 'noisy-student': 81.394, advprop: 79.28, imagenet: 78.83, plain: 78.56 }),
    trained('b1.ft_in1k', { percent: 78.8, imageSize: 224, measuredAt: 256 }),
  ]),
  base('efficientnet-b2', 9_109_994, [
    ...ported('b2', { 'noisy-student': 82.378, advprop: 80.308, imagenet: 80.084, plain: 79.604 }),
    trained('b2.ra_in1k', { percent: 80.61, imageSize: 256, measuredAt: 288 }),
  ]),
  base('efficientnet-b3', 12_233_232, [
    ...ported('b3', { 'noisy-student': 84.056, advprop: 81.826, imagenet: 81.644, plain: 80.878 }),
    trained('b3.ra2_in1k', { percent: 82.242, imageSize: 288, measuredAt: 320 }),
  ]),
  base('efficientnet-b4', 19_341_616, [
    ...ported('b4', { 'noisy-student': 85.162, advprop: 83.25, imagenet: 83.018, plain: 82.608 }),
    trained('b4.ra2_in1k', { percent: 83.414, imageSize: 320, measuredAt: 384 }),
  ]),
  base('efficientnet-b5', 30_389_784, [
    ...ported('b5', {
      'noisy-student': 86.088,
      advprop: 84.258,
      imagenet: 83.688,
      randaugment: 83.81,
      plain: 83.176,
    }),
    trained('b5.sw_in12k_ft_in1k', { percent: 85.892, imageSize: 448 }),
  ]),
  base(
    'efficientnet-b6',
    43_040_704,
    ported('b6', { 'noisy-student': 86.456, advprop: 84.786, imagenet: 84.116 }),
  ),
  base(
    'efficientnet-b7',
    66_347_960,
    ported('b7', { 'noisy-student': 86.84, advprop: 85.122, imagenet: 84.414, randaugment: 84.932 }),
  ),
  base('efficientnet-b8', 87_413_142, [
    ...ported('b8', { advprop: 85.364 }),
    timm('imagenet', 'tf_efficientnet_b8.ra_in1k', { percent: 85.368 }),
  ]),
  base('efficientnet-l2', 480_309_308, ported('l2', { 'noisy-student': 88.352 })),
  base('efficientnet-l2-475', 480_309_308, [
    timm('noisy-student', 'tf_efficientnet_l2.ns_jft_in1k_475', { percent: 88.234 }),
  ]),
];
