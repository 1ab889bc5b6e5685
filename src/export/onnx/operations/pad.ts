import { stringAttribute } from '../../../model/graph/attributes.js';
import { type Call, type Converter, emit, result, tensor, unsupported } from '../call.js';
import { attribute } from '../proto.js';
import { isChannelsFirst, OPEN, TO_CHANNELS_FIRST, type Value } from '../value.js';

function padded(call: Call, mode: 'constant' | 'reflect', filling?: Value): Value {
  const [x, amounts] = call.inputs as [Value, Value];
  if (!amounts.constant) throw unsupported(call, 'takes its paddings from a computation');
  const numbers = Array.from(amounts.constant.data as Int32Array);
  const before = x.shape.map((_, axis) => numbers[2 * axis]!);
  const after = x.shape.map((_, axis) => numbers[2 * axis + 1]!);
  const shape = x.shape.map((size, axis) => (size === OPEN ? OPEN : size + before[axis]! + after[axis]!));
  const layout = isChannelsFirst(x) ? 'channelsFirst' : 'plain';
  const source = tensor(call, x, layout);
  const order = layout === 'plain' ? x.shape.map((_, axis) => axis) : [...TO_CHANNELS_FIRST];
  const pads = call.graph.ints([before, after].flatMap((side) => order.map((axis) => side[axis]!)));
  const inputs = [source.name, pads, ...(filling ? [tensor(call, filling, 'plain').name] : [])];
  const name = emit(call, 'Pad', inputs, { attributes: { mode: attribute.string(mode) } });
  return result(call, name, layout, shape, { tensorShape: order.map((axis) => shape[axis]!) });
}

/** `Pad` with zeros, and `PadV2` with a number of its own. */
export const pad: Converter = (call) => padded(call, 'constant', call.inputs[2]);

/** `MirrorPad`. */
export const mirrorPad: Converter = (call) => {
  if (stringAttribute(call.node, 'mode') !== 'REFLECT') {
    throw unsupported(call, 'repeats the pixel at the border as well (SYMMETRIC)');
  }
  return padded(call, 'reflect');
};
