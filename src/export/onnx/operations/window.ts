import { intsAttribute, stringAttribute } from '../../../model/graph/attributes.js';
import { sameBorder } from '../../../tensorflow/index.js';
import { type Call, unsupported } from '../call.js';
import { type Attributes, attribute } from '../proto.js';

/** A window that moves over images, with all that is said of it in numbers. */
export interface Window {
  /** Height and width of the result. */
  size: [number, number];
  strides: Attributes[string];
  dilations: Attributes[string];
  pads: Attributes[string];
}

/**
 * The steps and the padding of a convolution or pooling. TensorFlow's SAME becomes numbers.
 *
 * @param kernel height and width
 * @param image height and width
 */
export function windowOf(call: Call, kernel: readonly number[], image: readonly number[]): Window {
  const { node } = call;
  const strides = spatial(intsAttribute(node, 'strides'));
  const dilations = spatial(intsAttribute(node, 'dilations'));
  const explicit = intsAttribute(node, 'explicit_paddings').slice(2, 6);
  if (image.some((size) => size < 1)) throw unsupported(call, `takes images of unknown size [${image}]`);
  const padding = stringAttribute(node, 'padding');
  const axes = [0, 1].map((axis) => {
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    const [stride, size] = [strides[axis]!, image[axis]!];
    const given = explicit.slice(2 * axis, 2 * axis + 2);
    const [before, after] =
      padding === 'SAME' ? sameBorder(size, { extent, stride }) : padding === 'EXPLICIT' ? given : [0, 0];
    return {
      before: before!,
      after: after!,
      size: Math.floor((size + before! + after! - extent) / stride) + 1,
    };
  });
  const [y, x] = axes as [(typeof axes)[0], (typeof axes)[0]];
  return {
    size: [y.size, x.size],
    strides: attribute.ints(strides),
    dilations: attribute.ints(dilations),
    pads: attribute.ints([y.before, x.before, y.after, x.after]),
  };
}

/** Of numbers for all four axes those of height and width; 1 where there are none. */
export const spatial = (values: readonly number[]): number[] =>
  values.length === 4 ? values.slice(1, 3) : [1, 1];
