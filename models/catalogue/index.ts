import type { BaseModel } from './base-model.js';
import { EFFICIENTNET_BASES } from './efficientnet.js';
import { EFFICIENTNET_LITE_BASES } from './efficientnet-lite.js';
import { EFFICIENTNET_V2_BASES } from './efficientnet-v2.js';
import { MOBILENET_BASES } from './mobilenet.js';
import { RESNET_BASES } from './resnet.js';
import { SMALL_IMAGE_BASES } from './small-images.js';

export type {
  BaseModel,
  BaseOptions,
  HubWeights,
  PixelScaling,
  PublishedTop1,
  Variant,
  WeightSource,
  WheelWeights,
} from './base-model.js';

/** Every base model, family by family: a new family is a file and a row. */
export const BASES: readonly BaseModel[] = [
  ...EFFICIENTNET_BASES,
  ...EFFICIENTNET_LITE_BASES,
  ...EFFICIENTNET_V2_BASES,
  ...MOBILENET_BASES,
  ...RESNET_BASES,
  ...SMALL_IMAGE_BASES,
];

/** The base of that name, or undefined. */
export function findBase(name: string): BaseModel | undefined {
  return BASES.find((base) => base.name === name);
}
