import { activation, relu, softmax } from './activation.js';
import { eluLayer, leakyReluLayer, prelu } from './advanced-activations.js';
import { conv2d, depthwiseConv2d, separableConv2d } from './convolution.js';
import { dense } from './dense.js';
import { dropout, spatialDropout2d } from './dropout.js';
import type { LayerBuilder } from './layer.js';
import { layerNormalization } from './layer-normalization.js';
import { add, average, concatenate, maximum, minimum, multiply, subtract } from './merge.js';
import { gaussianDropout, gaussianNoise, identity } from './noise.js';
import { batchNormalization, normalization, rescaling } from './normalization.js';
import { averagePooling2d, globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from './pooling.js';
import { shakeDrop, shakeShake } from './shake.js';
import { channelPadding, cropping2d, flatten, permute, reshape, zeroPadding2d } from './shape.js';

/**
 * The layers that are supported, by the class name of Keras and tfjs-layers; `InputLayer` is beside them. Those that
 * Keras lacks are ChannelPadding, ShakeDrop and ShakeShake: `toPlainLayers` says them with layers that it has.
 */
export const LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Activation: activation,
  ActivityRegularization: identity,
  Add: add,
  Average: average,
  AveragePooling2D: averagePooling2d,
  BatchNormalization: batchNormalization,
  ChannelPadding: channelPadding,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Cropping2D: cropping2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: dropout,
  ELU: eluLayer,
  Flatten: flatten,
  GaussianDropout: gaussianDropout,
  GaussianNoise: gaussianNoise,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyReluLayer,
  MaxPooling2D: maxPooling2d,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  Normalization: normalization,
  PReLU: prelu,
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  ShakeDrop: shakeDrop,
  ShakeShake: shakeShake,
  Softmax: softmax,
  SpatialDropout2D: spatialDropout2d,
  Subtract: subtract,
  ZeroPadding2D: zeroPadding2d,
};
