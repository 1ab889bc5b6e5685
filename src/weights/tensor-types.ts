import type { WeightType, WeightValues } from '../model/weights.js';

/** Bytes of one element, by type. */
export const ELEMENT_BYTES: Readonly<Record<WeightType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** True for a list of integers of 0 or more: what a file may claim as a shape. */
export function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)
  );
}

/** Lays the typed array of `dtype` over bytes, without a copy. They start at a multiple of the element's size. */
export function typedView(bytes: Uint8Array, dtype: WeightType): WeightValues {
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / ELEMENT_BYTES[dtype];
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, length);
  }
}

/** The memory of a typed array as bytes, without a copy. */
export function bytesOf(values: WeightValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
