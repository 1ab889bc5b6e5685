import type { WeightType, WeightValues } from '../model/weights.js';
import { ELEMENT_BYTES, elementCount, typedView } from './tensor-types.js';

/** Where the elements of a tensor lie in its storage, all counted in elements. */
export interface StridedLayout {
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

/** Strides of a tensor in row-major order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** True where a tensor lies in its storage in row-major order; the stride of an axis of length 1 does not matter. */
export function isRowMajor({ shape, strides }: StridedLayout): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((dimension, axis) => dimension === 1 || strides[axis] === expected[axis]);
}

/** Elements of storage that the layout reaches: the index of its last element, plus one. */
export function extent({ offset, shape, strides }: StridedLayout): number {
  if (elementCount(shape) === 0) return offset;
  return shape.reduce(
    (end, dimension, axis) => end + (dimension - 1) * (strides[axis] as number),
    offset + 1,
  );
}

/** Copies a strided tensor into row-major order. The layout is known to lie within `values`. */
export function gather(values: WeightValues, dtype: WeightType, layout: StridedLayout): WeightValues {
  const { shape, strides } = layout;
  const count = elementCount(shape);
  const target = typedView(new Uint8Array(count * ELEMENT_BYTES[dtype]), dtype);
  if (count === 0) return target;
  // int64 arrays hold bigint: elements are only moved here, so the type of number does not matter.
  const from = values as ArrayLike<unknown>;
  const to = target as unknown as unknown[];
  const last = shape.length - 1;
  const inner = last >= 0 ? (shape[last] as number) : 1;
  const innerStride = last >= 0 ? (strides[last] as number) : 1;
  const index = new Array<number>(Math.max(0, last)).fill(0);
  let start = layout.offset;
  for (let written = 0; written < count; ) {
    for (let i = 0; i < inner; i += 1, written += 1) to[written] = from[start + i * innerStride];
    for (let axis = last - 1; axis >= 0; axis -= 1) {
      const next = (index[axis] as number) + 1;
      start += strides[axis] as number;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        break;
      }
      start -= next * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return target;
}
