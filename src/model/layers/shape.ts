import { InputError } from '../../errors.js';
import { attr, sizeOf } from '../../tensorflow/index.js';
import { image, type LayerBuilder, pair, single, T } from './layer.js';

/** `ZeroPadding2D`: a number, a pair, or `[[top, bottom], [left, right]]`. */
export const zeroPadding2d: LayerBuilder = (call) => {
  const { fragment: f } = call;
  const input = image(call);
  const given = (call.config.padding ?? 1) as number | (number | number[])[];
  const [vertical, horizontal] = typeof given === 'number' ? [given, given] : given;
  const [top, bottom] = pair(vertical, 1);
  const [left, right] = pair(horizontal, 1);
  const amounts = f.constant(Int32Array.of(0, 0, top, bottom, left, right, 0, 0), [4, 2]);
  const output = f.op('Pad', [input.output, amounts], { ...T, Tpaddings: attr.type('int32') });
  return { output, shape: [input.height + top + bottom, input.width + left + right, input.channels] };
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
