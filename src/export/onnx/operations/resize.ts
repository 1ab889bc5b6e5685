import { boolAttribute, intAttribute } from '../../../model/graph/attributes.js';
import { type Call, type Converter, emit, result, tensor, wholeNumbers } from '../call.js';
import { type Attributes, attribute } from '../proto.js';
import type { Value } from '../value.js';

/**
 * `ResizeBilinear` and `ResizeNearestNeighbor`. TensorFlow's nearest pixel is floor(x scale), floor((x + 0.5) scale) with
 * half pixel centers, and round(x scale) with aligned corners, halves up; ONNX says the second as a rounding of x - 0.5.
 */
export const resize =
  (mode: 'linear' | 'nearest'): Converter =>
  (call) => {
    const { node, graph } = call;
    const [images] = call.inputs as [Value];
    const [height, width] = wholeNumbers(call, 1, 'size') as [number, number];
    const [batch, , , channels] = images.shape as [number, number, number, number];
    const halfPixels = boolAttribute(node, 'half_pixel_centers');
    const corners = boolAttribute(node, 'align_corners');
    const { name } = tensor(call, images, 'channelsFirst');
    // The batch is open: its size is asked for where the model runs.
    const count = emit(call, 'Shape', [name], { part: 'batch', attributes: { end: attribute.int(1) } });
    const sizes = emit(call, 'Concat', [count, graph.ints([channels, height, width])], {
      part: 'sizes',
      attributes: { axis: attribute.int(0) },
    });
    const coordinates = corners ? 'align_corners' : halfPixels ? 'half_pixel' : 'asymmetric';
    const attributes: Attributes = {
      mode: attribute.string(mode),
      coordinate_transformation_mode: attribute.string(coordinates),
      ...(mode === 'nearest' && {
        nearest_mode: attribute.string(corners || halfPixels ? 'round_prefer_ceil' : 'floor'),
      }),
    };
    const output = emit(call, 'Resize', [name, '', '', sizes], { attributes });
    return result(call, output, 'channelsFirst', [batch, height, width, channels], {
      tensorShape: [batch, channels, height, width],
    });
  };

/** `SpaceToDepth` and `DepthToSpace`: both programs have the channels of a block in the same order. */
export const blocks =
  (op: 'SpaceToDepth' | 'DepthToSpace'): Converter =>
  (call) => {
    const [images] = call.inputs as [Value];
    const block = intAttribute(call.node, 'block_size');
    const factor = op === 'SpaceToDepth' ? 1 / block : block;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const size = [height * factor, width * factor] as const;
    const depth = channels / (factor * factor);
    return blocked(call, op, [batch, ...size, Math.round(depth)], block);
  };

function blocked(call: Call, op: string, shape: readonly number[], block: number): Value {
  const [images] = call.inputs as [Value];
  const attributes = { blocksize: attribute.int(block) };
  const output = emit(call, op, [tensor(call, images, 'channelsFirst').name], { attributes });
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return result(call, output, 'channelsFirst', shape, { tensorShape: [batch, channels, height, width] });
}
