import type { WeightTensor } from '../../model/weights.js';
import type { OnnxTensor } from './onnx-graph.js';

/** Types that a model computes in. */
export type FloatType = 'float32' | 'float16';

/**
 * How a tensor lies in memory: `plain` has the value's own shape; `rows` has its elements in the same order, in any shape;
 * `channelsFirst` is `[batch, channels, height, width]` of a value `[batch, height, width, channels]`.
 */
export type Layout = 'plain' | 'rows' | 'channelsFirst';

/** A value of the TensorFlow graph, and the tensors of the ONNX graph that hold it. */
export interface Value {
  /** Names what is added to get at it. */
  name: string;
  /** Sizes in TensorFlow's order of axes, -1 for the open batch. */
  shape: readonly number[];
  kind: 'float' | 'bool' | 'int';
  /** Where its values are known. */
  constant?: WeightTensor;
  /** A vector or scalar of whole numbers that is known now, -1 where one hangs on the batch: shapes, axes, paddings. */
  whole?: readonly number[];
  /** What there is of it already, by layout and type. Others are made from these when they are asked for. */
  forms: Map<string, OnnxTensor>;
}

/** A size that is not known before the model runs: the batch. */
export const OPEN = -1;

/** Axes of TensorFlow's images in the order of ONNX's, and the other way round. */
export const TO_CHANNELS_FIRST = [0, 3, 1, 2] as const;
export const TO_CHANNELS_LAST = [0, 2, 3, 1] as const;

/** A value that is one tensor of the ONNX graph. */
export function heldValue(
  name: string,
  layout: Layout,
  tensor: OnnxTensor,
  shape: readonly number[] = layout === 'channelsFirst' ? channelsLast(tensor.shape) : tensor.shape,
): Value {
  const kind = tensor.type === 'bool' ? 'bool' : 'float';
  return { name, shape, kind, forms: new Map([[formKey(layout, tensor.type), tensor]]) };
}

/** A value that is known: it enters the ONNX graph in the layout that it is used in. */
export function constantValue(name: string, constant: WeightTensor): Value {
  const { dtype, shape, data } = constant;
  const kind = dtype === 'bool' ? 'bool' : dtype === 'int32' ? 'int' : 'float';
  const whole = kind === 'int' && shape.length <= 1 ? { whole: [...(data as Int32Array)] } : {};
  return { name, shape, kind, constant, ...whole, forms: new Map() };
}

/** Key of {@link Value.forms}. */
export const formKey = (layout: Layout, type: OnnxTensor['type']): string => `${layout} ${type}`;

/** Whether a value is held as `[batch, channels, height, width]`: what is computed from it stays so. */
export const isChannelsFirst = ({ shape, constant, forms }: Value): boolean =>
  shape.length === 4 && !constant && [...forms.keys()].some((key) => key.startsWith('channelsFirst'));

/** Sizes of an image in ONNX's order of axes. */
export const channelsFirst = (shape: readonly number[]): number[] =>
  TO_CHANNELS_FIRST.map((axis) => shape[axis]!);

/** Sizes of an image in TensorFlow's order of axes. */
export const channelsLast = (shape: readonly number[]): number[] =>
  TO_CHANNELS_LAST.map((axis) => shape[axis]!);

/** Whether both layouts have the elements in the same order: one pixel, or one channel. */
export const isSameOrder = ([, height, width, channels]: readonly number[]): boolean =>
  channels === 1 || (height === 1 && width === 1);

/** Whether two shapes are one. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);
