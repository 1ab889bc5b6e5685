import { intAttribute } from '../../../model/graph/attributes.js';
import {
  type Call,
  type Converter,
  emit,
  fromFront,
  result,
  tensor,
  unsupported,
  wholeNumbers,
} from '../call.js';
import { attribute } from '../proto.js';
import { plainSlices, type Slice, stridedSlices } from '../slices.js';
import { isChannelsFirst, OPEN, TO_CHANNELS_FIRST, type Value } from '../value.js';
import { identity } from './pointwise.js';
import { relabelled } from './shape.js';

/** Before the first element, in a program that counts negative places from the end. */
const BEFORE_ALL = -(2 ** 31);

/** Takes a part of a value, its number of axes kept. */
function sliced(call: Call, x: Value, slices: readonly (Slice | undefined)[]): Value {
  if (slices.every((slice) => slice === undefined)) return identity(call) as Value;
  const layout = isChannelsFirst(x) ? 'channelsFirst' : 'plain';
  const source = tensor(call, x, layout);
  const order = source.shape.map((_, i) => (layout === 'plain' ? i : TO_CHANNELS_FIRST[i]!));
  const cut = order.flatMap((axis, i) => (slices[axis] ? [{ axis: i, ...slices[axis] }] : []));
  const numbers = [
    cut.map(({ begin }) => begin),
    cut.map(({ end }) => (end < 0 ? BEFORE_ALL : end)),
    cut.map(({ axis }) => axis),
    cut.map(({ step }) => step),
  ].map((values) => call.graph.ints(values));
  const shape = x.shape.map((size, axis) => slices[axis]?.count ?? size);
  const name = emit(call, 'Slice', [source.name, ...numbers]);
  return result(call, name, layout, shape, {
    tensorShape: order.map((axis) => shape[axis]!),
    as: source.type,
  });
}

/** `Slice`. */
export const slice: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const { slices } = plainSlices(x.shape, wholeNumbers(call, 1, 'begin'), wholeNumbers(call, 2, 'size'));
  if (slices.some((each, axis) => each && x.shape[axis] === OPEN))
    throw unsupported(call, 'takes some of the images');
  return sliced(call, x, slices);
};

export const stridedSlice: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const found = stridedSlices(call.node, x.shape, {
    begin: wholeNumbers(call, 1, 'begin'),
    end: wholeNumbers(call, 2, 'end'),
    strides: wholeNumbers(call, 3, 'strides'),
  });
  if (!found) throw unsupported(call, 'takes some of the images');
  const kept = sliced(call, x, found.slices);
  return found.shape.length === kept.shape.length ? kept : relabelled(call, kept, found.shape);
};

/** `ReverseV2`. */
export const reverse: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const axes = wholeNumbers(call, 1, 'axes').map((axis) => fromFront(axis, x.shape.length));
  if (axes.some((axis) => x.shape[axis] === OPEN)) throw unsupported(call, 'turns the order of the images');
  return sliced(
    call,
    x,
    x.shape.map((size, axis) =>
      axes.includes(axis) ? { begin: size - 1, end: -1, step: -1, count: size } : undefined,
    ),
  );
};

/** `GatherV2`: elements along an axis, by places that are known. */
export const gatherV2: Converter = (call) => {
  const [x, places] = call.inputs as [Value, Value];
  const [axis] = wholeNumbers(call, 2, 'axis');
  const batched = intAttribute(call.node, 'batch_dims') !== 0;
  if (batched || !places.constant) throw unsupported(call, 'looks up places that are computed');
  const at = fromFront(axis!, x.shape.length);
  const layout = isChannelsFirst(x) && places.shape.length === 1 ? 'channelsFirst' : 'plain';
  const source = tensor(call, x, layout);
  const order = layout === 'plain' ? x.shape.map((_, i) => i) : [...TO_CHANNELS_FIRST];
  const own = order.indexOf(at);
  const attributes = { axis: attribute.int(own) };
  const name = emit(call, 'Gather', [source.name, tensor(call, places, 'plain').name], { attributes });
  return result(call, name, layout, x.shape.toSpliced(at, 1, ...places.shape), {
    tensorShape: source.shape.toSpliced(own, 1, ...places.shape),
    as: source.type,
  });
};
