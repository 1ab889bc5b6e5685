import { attr } from '../../tensorflow/index.js';
import { image, type LayerBuilder, padding, pair, T, windowed } from './layer.js';

/** `AveragePooling2D` and `MaxPooling2D`. */
const pooling =
  (op: 'AvgPool' | 'MaxPool'): LayerBuilder =>
  (call) => {
    const input = image(call);
    const kernel = pair(call.config.pool_size, 2);
    const strides = pair(call.config.strides, kernel);
    const output = call.fragment.op(op, [input.output], {
      ...T,
      ksize: attr.ints([1, ...kernel, 1]),
      strides: attr.ints([1, ...strides, 1]),
      padding: attr.string(padding(call)),
      data_format: attr.string('NHWC'),
    });
    const height = windowed(call, input.height, { kernel: kernel[0], stride: strides[0] });
    const width = windowed(call, input.width, { kernel: kernel[1], stride: strides[1] });
    return { output, shape: [height, width, input.channels] };
  };

/** `GlobalAveragePooling2D` and `GlobalMaxPooling2D`. */
const globalPooling =
  (op: 'Mean' | 'Max'): LayerBuilder =>
  (call) => {
    const { output, channels } = image(call);
    const keepDims = Boolean(call.config.keepdims);
    const pooled = call.fragment.reduce(op, output, [1, 2], { keepDims });
    return { output: pooled, shape: keepDims ? [1, 1, channels] : [channels] };
  };

export const averagePooling2d = pooling('AvgPool');
export const maxPooling2d = pooling('MaxPool');
export const globalAveragePooling2d = globalPooling('Mean');
export const globalMaxPooling2d = globalPooling('Max');
