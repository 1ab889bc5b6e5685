import { boolAttribute } from '../../../model/graph/attributes.js';
import { type Converter, emit, fromFront, result, tensor, wholeNumbers } from '../call.js';
import { attribute } from '../proto.js';
import { isChannelsFirst, TO_CHANNELS_FIRST, type Value } from '../value.js';
import { identity } from './pointwise.js';

/** Reductions over height and width have names of their own. */
const GLOBAL: Readonly<Record<string, string>> = {
  ReduceMean: 'GlobalAveragePool',
  ReduceMax: 'GlobalMaxPool',
};

/** `Mean`, `Sum`, `Max`, `Min` and `Prod` along some axes. */
export const reduction =
  (op: string): Converter =>
  (call) => {
    const [x] = call.inputs as [Value];
    const rank = x.shape.length;
    const reduced = new Set(wholeNumbers(call, 1, 'axes').map((axis) => fromFront(axis, rank)));
    if (reduced.size === 0) return identity(call);
    const keepDims = boolAttribute(call.node, 'keep_dims');
    const withOnes = x.shape.map((size, axis) => (reduced.has(axis) ? 1 : size));
    const shape = keepDims ? withOnes : x.shape.filter((_, axis) => !reduced.has(axis));

    const isSpatial = rank === 4 && [...reduced].sort().join() === '1,2';
    if (isSpatial && GLOBAL[op]) {
      const output = emit(call, GLOBAL[op], [tensor(call, x, 'channelsFirst').name]);
      const [batch, , , channels] = x.shape;
      const tensorShape = [batch!, channels!, 1, 1];
      return result(call, output, keepDims ? 'channelsFirst' : 'rows', shape, { tensorShape });
    }

    // Without the reduced axes, those of an image that are left may be in another order.
    const left = TO_CHANNELS_FIRST.filter((axis) => !reduced.has(axis));
    const inOrder = left.every((axis, i) => i === 0 || axis > left[i - 1]!);
    const layout = isChannelsFirst(x) && (keepDims || inOrder) ? 'channelsFirst' : 'plain';
    const source = tensor(call, x, layout);
    const order = layout === 'plain' ? x.shape.map((_, axis) => axis) : [...TO_CHANNELS_FIRST];
    const axes = order.flatMap((axis, i) => (reduced.has(axis) ? [i] : []));
    const keepdims = attribute.int(keepDims ? 1 : 0);
    // Only the sum takes its axes as an input in this set of operations.
    const output =
      op === 'ReduceSum'
        ? emit(call, op, [source.name, call.graph.ints(axes)], { attributes: { keepdims } })
        : emit(call, op, [source.name], { attributes: { axes: attribute.ints(axes), keepdims } });
    const tensorShape = keepDims ? order.map((axis) => withOnes[axis]!) : shape;
    return result(call, output, keepDims ? layout : 'plain', shape, { tensorShape });
  };
