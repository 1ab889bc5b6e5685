import type { GraphNode } from '../../../models/topology.js';
import type { WeightTensor } from '../../model/weights.js';
import { toFloat32 } from '../to-float32.js';
import { typeNameOf } from './element-types.js';

const INT32_MAX = 2 ** 31 - 1;

/** A constant whose value is among the weights, in the JSON of a tfjs graph model. */
export function weightNode(name: string, { dtype, shape }: WeightTensor): GraphNode {
  const type = typeNameOf(dtype);
  const tensorShape = { dim: shape.map((size) => ({ size: String(size) })) };
  return { name, op: 'Const', attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape } } } };
}

/**
 * A value in the types that graph models compute with: float32, int32 and booleans. Ends of slices that stand for all
 * there is, 2^63 - 1, become the largest number that there is.
 */
export function plainTensor(tensor: WeightTensor): WeightTensor {
  const { dtype, shape, data } = tensor;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return tensor;
  if (dtype !== 'int64' && dtype !== 'uint8') return { dtype: 'float32', shape, data: toFloat32(tensor) };
  const clamped = (value: number | bigint): number =>
    Math.max(-INT32_MAX - 1, Math.min(INT32_MAX, Number(value)));
  return { dtype: 'int32', shape, data: Int32Array.from<number | bigint>(data, clamped) };
}
