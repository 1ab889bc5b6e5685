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
import { heldValue, isChannelsFirst, type Layout, OPEN, TO_CHANNELS_FIRST, type Value } from '../value.js';
import { relabelled } from './shape.js';

/** Which axis of a tensor is an axis of its value. */
const axisIn = (layout: Layout, axis: number): number =>
  layout === 'channelsFirst' ? (TO_CHANNELS_FIRST as readonly number[]).indexOf(axis) : axis;

/** The layout that several values of one rank are taken in. */
const layoutOf = (values: readonly Value[]): Layout =>
  values.some(isChannelsFirst) ? 'channelsFirst' : 'plain';

function joined(call: Call, values: readonly Value[], axis: number): Value {
  const layout = layoutOf(values);
  const tensors = values.map((value) => tensor(call, value, layout));
  const attributes = { axis: attribute.int(axisIn(layout, axis)) };
  const name = emit(
    call,
    'Concat',
    tensors.map((each) => each.name),
    { attributes },
  );
  const total = (shapes: readonly (readonly number[])[], place: number) =>
    shapes[0]!.map((size, i) => (i === place ? shapes.reduce((sum, shape) => sum + shape[place]!, 0) : size));
  const shape = total(
    values.map((value) => value.shape),
    axis,
  );
  const tensorShape = total(
    tensors.map((each) => each.shape),
    axisIn(layout, axis),
  );
  return result(call, name, layout, shape, { tensorShape, as: tensors[0]!.type });
}

/** `ConcatV2`: the axis comes last. */
export const concat: Converter = (call) => {
  const values = call.inputs.slice(0, -1);
  const [axis] = wholeNumbers(call, values.length, 'axis');
  return joined(call, values, fromFront(axis!, values[0]!.shape.length));
};

/** `Pack`: along a new axis. */
export const pack: Converter = (call) => {
  const [first] = call.inputs as [Value];
  const axis = fromFront(intAttribute(call.node, 'axis'), first.shape.length + 1);
  return joined(
    call,
    call.inputs.map((value) => relabelled(call, value, value.shape.toSpliced(axis, 0, 1))),
    axis,
  );
};

function divided(call: Call, x: Value, given: number, sizesOf: (size: number) => number[]): Value[] {
  const axis = fromFront(given, x.shape.length);
  const sizes = sizesOf(x.shape[axis]!);
  const layout = layoutOf([x]);
  const source = tensor(call, x, layout);
  const names = call.graph.node('Split', [source.name, call.graph.ints(sizes)], {
    name: call.node.name,
    attributes: { axis: attribute.int(axisIn(layout, axis)) },
    outputs: sizes.length,
  });
  return names.map((name, i) =>
    heldValue(name, layout, {
      name,
      type: source.type,
      shape: source.shape.with(axisIn(layout, axis), sizes[i]!),
    }),
  );
}

/** `Split` into equal parts: the axis comes first. */
export const split: Converter = (call) => {
  const count = intAttribute(call.node, 'num_split');
  const [axis] = wholeNumbers(call, 0, 'axis');
  return divided(call, call.inputs[1]!, axis!, (size) => new Array<number>(count).fill(size / count));
};

/** `SplitV` into parts of given sizes, one of which may be -1. */
export const splitV: Converter = (call) => {
  const sizes = wholeNumbers(call, 1, 'sizes');
  const [axis] = wholeNumbers(call, 2, 'axis');
  return divided(call, call.inputs[0]!, axis!, (size) => {
    const known = sizes.filter((each) => each !== OPEN).reduce((sum, each) => sum + each, 0);
    return sizes.map((each) => (each === OPEN ? size - known : each));
  });
};

/** `Tile`: how often along each axis. */
export const tile: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const times = wholeNumbers(call, 1, 'counts');
  if (times.includes(OPEN) || (x.shape[0] === OPEN && times[0] !== 1)) {
    throw unsupported(call, 'repeats as often as there are images');
  }
  const layout = layoutOf([x]);
  const source = tensor(call, x, layout);
  const counts = source.shape.map((_, i) => times[layout === 'plain' ? i : TO_CHANNELS_FIRST[i]!]!);
  const grown = (shape: readonly number[], by: readonly number[]) =>
    shape.map((size, i) => (size === OPEN ? OPEN : size * by[i]!));
  const name = emit(call, 'Tile', [source.name, call.graph.ints(counts)]);
  const tensorShape = grown(source.shape, counts);
  return result(call, name, layout, grown(x.shape, times), { tensorShape, as: source.type });
};
