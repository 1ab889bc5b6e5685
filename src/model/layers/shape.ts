import type { Json } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { attr, sizeOf } from '../../tensorflow/index.js';
import { image, type LayerBuilder, number, pair, single, T } from './layer.js';

/** `[[top, bottom], [left, right]]` of a number, a pair, or that itself. */
function borders(configured: Json | undefined, fallback: number): [[number, number], [number, number]] {
  const given = (configured ?? fallback) as number | (number | number[])[];
  const [vertical, horizontal] = typeof given === 'number' ? [given, given] : given;
  return [pair(vertical, fallback), pair(horizontal, fallback)];
}

/** `ZeroPadding2D`: a number, a pair, or `[[top, bottom], [left, right]]`. */
export const zeroPadding2d: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const input = image(call);
  const [[top, bottom], [left, right]] = borders(call.config.padding, 1);
  const amounts = f.constant(Int32Array.of(0, 0, top, bottom, left, right, 0, 0), [4, 2]);
  const output = f.op('Pad', [input.output, amounts], { ...T, Tpaddings: attr.type('int32') });
  return { output, shape: [input.height + top + bottom, input.width + left + right, input.channels] };
};

/** `Cropping2D`: a number, a pair, or `[[top, bottom], [left, right]]`. */
export const cropping2d: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const { output, height, width, channels } = image(call);
  const [[top, bottom], [left, right]] = borders(call.config.cropping, 0);
  const shape = [height - top - bottom, width - left - right, channels];
  if (shape.some((size) => size < 1)) {
    throw new InputError(`Layer '${call.name}' leaves nothing of an image of ${height} x ${width} pixels.`);
  }
  const cropped = f.op('Slice', [output, f.ints(0, top, left, 0), f.ints(-1, ...shape)], {
    ...T,
    Index: attr.type('int32'),
  });
  return { output: cropped, shape };
};

/** `ChannelPadding`, a layer of this project: `padding` channels of zeros behind the others. */
export const channelPadding: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const { output, height, width, channels } = image(call);
  const added = number(call.config.padding, 0);
  const amounts = f.constant(Int32Array.of(0, 0, 0, 0, 0, 0, 0, added), [4, 2]);
  const padded = f.op('Pad', [output, amounts], { ...T, Tpaddings: attr.type('int32') });
  return { output: padded, shape: [height, width, channels + added] };
};

/** `Permute`: `dims` are the axes in their new order; the first after the batch is 1. */
export const permute: LayerBuilder = (call) => {
  const { output, shape } = single(call);
  const dims = (call.config.dims ?? []) as number[];
  if (dims.length !== shape.length || shape.some((_, axis) => !dims.includes(axis + 1))) {
    throw new InputError(`Layer '${call.name}' cannot order the axes of [${shape}] as [${dims}].`);
  }
  const permuted = call.fragment.op('Transpose', [output, call.fragment.ints(0, ...dims)], {
    ...T,
    Tperm: attr.type('int32'),
  });
  return { output: permuted, shape: dims.map((axis) => shape[axis - 1]!) };
};

/** `Reshape`: the sizes after the batch; one may be -1. */
export const reshape: LayerBuilder = (call) => {
  const { output, shape } = single(call);
  const target = call.config.target_shape as number[];
  const known = sizeOf(target.filter((size) => size !== -1));
  const resolved = target.map((size) => (size === -1 ? sizeOf(shape) / known : size));
  if (sizeOf(resolved) !== sizeOf(shape)) {
    throw new InputError(`Layer '${call.name}' cannot make [${target}] out of [${shape}].`);
  }
  return { output: call.fragment.reshape(output, [-1, ...resolved]), shape: resolved };
};

/** `Flatten`. */
export const flatten: LayerBuilder = (call) => {
  const { output, shape } = single(call);
  const size = sizeOf(shape);
  return { output: call.fragment.reshape(output, [-1, size]), shape: [size] };
};
