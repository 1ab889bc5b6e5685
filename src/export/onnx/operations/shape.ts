import { intsAttribute } from '../../../model/graph/attributes.js';
import { sizeOf } from '../../../tensorflow/index.js';
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
import {
  constantValue,
  formKey,
  isChannelsFirst,
  OPEN,
  sameShape,
  TO_CHANNELS_FIRST,
  TO_CHANNELS_LAST,
  type Value,
} from '../value.js';

/**
 * The same elements in another shape. Nothing is added before somebody needs the new shape: between a pooling and a
 * convolution on its one pixel nobody does.
 */
export function relabelled(call: Call, x: Value, shape: readonly number[]): Value {
  const { name } = call.node;
  if (x.constant) return constantValue(name, { ...x.constant, shape });
  const rows = tensor(call, x, 'rows');
  return { name, shape, kind: x.kind, forms: new Map([[formKey('rows', rows.type), rows]]) };
}

/** `Reshape`; sizes that hang on the batch are left to ONNX. */
export const reshape: Converter = (call) => {
  const [x] = call.inputs as [Value];
  return relabelled(call, x, resolved(call, x.shape, wholeNumbers(call, 1, 'shape')));
};

/** A shape with -1 for the batch alone, as far as that can be told. */
function resolved(call: Call, from: readonly number[], to: readonly number[]): number[] {
  const known = (shape: readonly number[]) => sizeOf(shape.filter((size) => size !== OPEN));
  const open = to.filter((size) => size === OPEN).length;
  const rest = known(from) / known(to);
  // [batch, -1]: the first one is the batch.
  if (open === 2 && to[0] === OPEN && from.includes(OPEN)) {
    return to.map((size, axis) => (size === OPEN && axis > 0 ? rest : size));
  }
  if (open > 1) throw unsupported(call, `makes [${to}] of [${from}]`);
  return from.includes(OPEN) ? [...to] : to.map((size) => (size === OPEN ? rest : size));
}

/** `Squeeze`: without axes named it drops all of size 1. */
export const squeeze: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const named = intsAttribute(call.node, 'squeeze_dims').map((axis) => fromFront(axis, x.shape.length));
  const gone = (size: number, axis: number) => (named.length > 0 ? named.includes(axis) : size === 1);
  return relabelled(
    call,
    x,
    x.shape.filter((size, axis) => !gone(size, axis)),
  );
};

export const expandDims: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const [axis] = wholeNumbers(call, 1, 'axis');
  return relabelled(call, x, x.shape.toSpliced(fromFront(axis!, x.shape.length + 1), 0, 1));
};

/** `Transpose`; none is added where the tensor lies so already, as images between ONNX's layout and this one do. */
export const transpose: Converter = (call) => {
  const [x] = call.inputs as [Value];
  const permutation = wholeNumbers(call, 1, 'order of axes');
  const shape = permutation.map((axis) => x.shape[axis]!);
  const fromImages = isChannelsFirst(x);
  const source = tensor(call, x, fromImages ? 'channelsFirst' : 'plain');
  const moved = fromImages
    ? permutation.map((axis) => (TO_CHANNELS_FIRST as readonly number[]).indexOf(axis))
    : permutation;
  if (moved.every((axis, i) => axis === i)) {
    return result(call, source.name, 'plain', shape, { tensorShape: shape, as: source.type });
  }
  if (!x.constant && sameShape(moved, TO_CHANNELS_LAST)) {
    return result(call, source.name, 'channelsFirst', shape, { tensorShape: source.shape, as: source.type });
  }
  const output = emit(call, 'Transpose', [source.name], { attributes: { perm: attribute.ints(moved) } });
  return result(call, output, 'plain', shape, { tensorShape: shape, as: source.type });
};
