import { cifarResnet } from '../cifar-resnet.js';
import { pyramidnet } from '../pyramidnet.js';
import { CIFAR_SIZE, CIFAR_STATISTICS } from '../residual.js';
import { shakeShake } from '../shake-shake.js';
import { wideResnet } from '../wide-resnet.js';
import { type BaseModel, OWN_LICENCE, type PixelScaling } from './base-model.js';

const scaled = (values: readonly [number, number, number]) =>
  values.map((value) => 255 * value) as [number, number, number];

const CIFAR: PixelScaling = { mean: scaled(CIFAR_STATISTICS.mean), std: scaled(CIFAR_STATISTICS.std) };

/** A network for images of 32 pixels; nobody distributes weights of these in a form that is fetched here. */
function base(name: string, parameters: number, build: BaseModel['build']): BaseModel {
  return {
    name,
    parameters,
    imageSize: CIFAR_SIZE,
    minimumImageSize: 8,
    licence: OWN_LICENCE,
    preprocessing: CIFAR,
    variants: [],
    build,
  };
}

/**
 * ResNet for CIFAR (arXiv 1512.03385, section 4.2), WideResNet (1605.07146), PyramidNet (1610.02915, 1802.02375),
 * Shake-Shake (1705.07485): trainable parameters with 10 classes.
 */
export const SMALL_IMAGE_BASES: readonly BaseModel[] = [
  base('cifar-resnet-20', 269_722, (options) => cifarResnet('cifar-resnet-20', options)),
  base('cifar-resnet-32', 464_154, (options) => cifarResnet('cifar-resnet-32', options)),
  base('cifar-resnet-44', 658_586, (options) => cifarResnet('cifar-resnet-44', options)),
  base('cifar-resnet-56', 853_018, (options) => cifarResnet('cifar-resnet-56', options)),
  base('cifar-resnet-110', 1_727_962, (options) => cifarResnet('cifar-resnet-110', options)),
  base('wide-resnet-28-10', 36_479_194, (options) => wideResnet('wide-resnet-28-10', options)),
  base('wide-resnet-16-8', 10_961_370, (options) => wideResnet('wide-resnet-16-8', options)),
  base('wide-resnet-40-2', 2_243_546, (options) => wideResnet('wide-resnet-40-2', options)),
  base('pyramidnet-110-alpha48', 1_772_706, (options) => pyramidnet('pyramidnet-110-alpha48', options)),
  base('pyramidnet-110-alpha84', 3_904_446, (options) => pyramidnet('pyramidnet-110-alpha84', options)),
  base('pyramidnet-110-alpha270', 28_485_477, (options) => pyramidnet('pyramidnet-110-alpha270', options)),
  base('pyramidnet-272-alpha200', 26_210_842, (options) => pyramidnet('pyramidnet-272-alpha200', options)),
  base('shake-shake-26-2x96d', 26_192_922, (options) => shakeShake('shake-shake-26-2x96d', options)),
];
