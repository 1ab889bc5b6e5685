import { type Call, type Converter, emit, result, tensor, unsupported, wholeNumbers } from '../call.js';
import { attribute } from '../proto.js';
import type { Value } from '../value.js';

/*
 * How TensorFlow 1 wrote convolutions with dilation: every second pixel is an image of its own, [rows, columns, batch] of them.
 * ONNX has no operation for that; it is a reshape, a transposition and a reshape, here with the channels first.
 */

/** Block sizes and what is added or cut, of height and width. */
function blocksOf(call: Call): { block: [number, number]; borders: number[] } {
  const [images, , borders] = call.inputs as [Value, Value, Value];
  const block = wholeNumbers(call, 1, 'block size');
  if (images.shape.length !== 4 || block.length !== 2 || !borders.constant) {
    throw unsupported(call, `takes blocks of [${block}] of a value [${images.shape}]`);
  }
  return { block: [block[0]!, block[1]!], borders: Array.from(borders.constant.data as Int32Array) };
}

const transposed = (call: Call, name: string, permutation: readonly number[]): string =>
  emit(call, 'Transpose', [name], { part: 'Transpose', attributes: { perm: attribute.ints(permutation) } });

/** `SpaceToBatchND` of images. */
export const spaceToBatch: Converter = (call) => {
  const { graph } = call;
  const [images] = call.inputs as [Value];
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const { block, borders } = blocksOf(call);
  const [top, bottom, left, right] = borders as [number, number, number, number];
  const [rows, columns] = [(height + top + bottom) / block[0], (width + left + right) / block[1]];
  const { name } = tensor(call, images, 'channelsFirst');
  const pads = graph.ints([0, 0, top, left, 0, 0, bottom, right]);
  const padded = emit(call, 'Pad', [name, pads], { part: 'Pad' });
  const parts = graph.ints([-1, channels, rows, block[0], columns, block[1]]);
  const divided = emit(call, 'Reshape', [padded, parts], { part: 'blocks' });
  const moved = transposed(call, divided, [3, 5, 0, 1, 2, 4]);
  const output = emit(call, 'Reshape', [moved, graph.ints([-1, channels, rows, columns])]);
  return result(call, output, 'channelsFirst', [batch, rows, columns, channels], {
    tensorShape: [batch, channels, rows, columns],
  });
};

/** `BatchToSpaceND` of images: the way back. */
export const batchToSpace: Converter = (call) => {
  const { graph } = call;
  const [images] = call.inputs as [Value];
  const [batch, rows, columns, channels] = images.shape as [number, number, number, number];
  const { block, borders } = blocksOf(call);
  const [top, bottom, left, right] = borders as [number, number, number, number];
  const [height, width] = [rows * block[0], columns * block[1]];
  const { name } = tensor(call, images, 'channelsFirst');
  const parts = graph.ints([...block, -1, channels, rows, columns]);
  const divided = emit(call, 'Reshape', [name, parts], { part: 'blocks' });
  const moved = transposed(call, divided, [2, 3, 4, 0, 5, 1]);
  const whole = emit(call, 'Reshape', [moved, graph.ints([-1, channels, height, width])], { part: 'images' });
  const cut = [
    [top, left],
    [height - bottom, width - right],
    [2, 3],
  ].map((values) => graph.ints(values));
  const output = emit(call, 'Slice', [whole, ...cut]);
  const size = [height - top - bottom, width - left - right] as const;
  return result(call, output, 'channelsFirst', [batch, ...size, channels], {
    tensorShape: [batch, channels, ...size],
  });
};
