import { activation, relu, softmax } from './activation.js';
import { conv2d, depthwiseConv2d, separableConv2d } from './convolution.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import type { LayerBuilder } from './layer.js';
import { add, concatenate, multiply } from './merge.js';
import { batchNormalization, normalization, rescaling } from './normalization.js';
import { averagePooling2d, globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from './pooling.js';
import { flatten, reshape, zeroPadding2d } from './shape.js';

/** The layers that are supported, by the class name of Keras and tfjs-layers. `InputLayer` is beside them. */
export const LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Activation: activation,
  Add: add,
  AveragePooling2D: averagePooling2d,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: dropout,
  Flatten: flatten,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  MaxPooling2D: maxPooling2d,
  Multiply: multiply,
  Normalization: normalization,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  Softmax: softmax,
  ZeroPadding2D: zeroPadding2d,
};
