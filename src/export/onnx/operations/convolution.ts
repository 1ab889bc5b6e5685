import type { WeightTensor } from '../../../model/weights.js';
import { type Call, type Converter, emit, result, tensor, unsupported } from '../call.js';
import { storePermuted } from '../layout.js';
import { attribute } from '../proto.js';
import type { Value } from '../value.js';
import { windowOf } from './window.js';

/** `Conv2D`: kernel `[height, width, channels / groups, filters]`, in ONNX `[filters, channels / groups, height, width]`. */
export const conv2d: Converter = (call) => {
  const [images, kernel] = call.inputs as [Value, Value];
  const [height, width, seen, filters] = kernel.shape as [number, number, number, number];
  const weights = permutedKernel(call, kernel, [3, 2, 0, 1], [filters, seen, height, width]);
  const groups = images.shape[3]! / seen;
  return convolution(call, images, weights, { kernel: [height, width], filters, groups });
};

/** `DepthwiseConv2dNative`: kernel `[height, width, channels, multiplier]`; in ONNX each channel is a group. */
export const depthwiseConv2d: Converter = (call) => {
  const [images, kernel] = call.inputs as [Value, Value];
  const [height, width, channels, multiplier] = kernel.shape as [number, number, number, number];
  const filters = channels * multiplier;
  const weights = permutedKernel(call, kernel, [2, 3, 0, 1], [filters, 1, height, width]);
  return convolution(call, images, weights, { kernel: [height, width], filters, groups: channels });
};

function convolution(
  call: Call,
  images: Value,
  weights: string,
  { kernel, filters, groups }: { kernel: [number, number]; filters: number; groups: number },
): Value {
  const { size, ...window } = windowOf(call, kernel, images.shape.slice(1, 3));
  const attributes = { ...window, kernel_shape: attribute.ints(kernel), group: attribute.int(groups) };
  const output = emit(call, 'Conv', [tensor(call, images, 'channelsFirst').name, weights], { attributes });
  const batch = images.shape[0]!;
  return result(call, output, 'channelsFirst', [batch, ...size, filters], {
    tensorShape: [batch, filters, ...size],
  });
}

/** A kernel as ONNX has it: stored so where it is known, else computed. */
function permutedKernel(
  call: Call,
  kernel: Value,
  permutation: readonly number[],
  shape: readonly number[],
): string {
  if (kernel.kind !== 'float' || kernel.shape.length !== 4 || kernel.shape.some((size) => size < 1)) {
    throw unsupported(call, `has a kernel of [${kernel.shape}]`);
  }
  if (kernel.constant) {
    return storePermuted(
      call.graph,
      kernel as Value & { constant: WeightTensor },
      permutation,
      call.type,
      shape,
    ).name;
  }
  const attributes = { perm: attribute.ints(permutation) };
  const moved = emit(call, 'Transpose', [tensor(call, kernel, 'plain').name], { part: 'kernel', attributes });
  return emit(call, 'Reshape', [moved, call.graph.ints(shape)], { part: 'kernel/Reshape' });
}
