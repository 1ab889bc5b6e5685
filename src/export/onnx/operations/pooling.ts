import { intsAttribute } from '../../../model/graph/attributes.js';
import { type Converter, emit, result, tensor } from '../call.js';
import { attribute } from '../proto.js';
import type { Value } from '../value.js';
import { spatial, windowOf } from './window.js';

/** `MaxPool` and `AvgPool`: what was added at the border counts in neither of them, in both programs. */
export const pooling =
  (op: 'MaxPool' | 'AveragePool'): Converter =>
  (call) => {
    const [images] = call.inputs as [Value];
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const kernel = spatial(intsAttribute(call.node, 'ksize'));
    const { size, strides, pads } = windowOf(call, kernel, [height, width]);
    const attributes = { kernel_shape: attribute.ints(kernel), strides, pads };
    const output = emit(call, op, [tensor(call, images, 'channelsFirst').name], { attributes });
    return result(call, output, 'channelsFirst', [batch, ...size, channels], {
      tensorShape: [batch, channels, ...size],
    });
  };
