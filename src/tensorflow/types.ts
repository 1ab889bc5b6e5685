/** TensorFlow's element types by name, with the number that its C API gives them (`TF_DataType`). */
export const DATA_TYPES = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
} as const;

/** Name of an element type. */
export type DataType = keyof typeof DATA_TYPES;

/** Element types whose values can be read and written as a typed array. */
export type NumericType = Exclude<DataType, 'string' | 'resource'>;

/** The typed array that lies over a tensor's memory; half-width floats show their raw 16 bits. */
export type TypedArrayOf = {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
  bfloat16: Uint16Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
};

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  bfloat16: Uint16Array,
  float16: Uint16Array,
} as const;

/** Bytes of one element. */
export const elementBytes = (dtype: NumericType): number => ARRAYS[dtype].BYTES_PER_ELEMENT;

/** Lays a typed array over memory that TensorFlow owns: nothing is copied. */
export function overlay<T extends NumericType>(dtype: T, memory: ArrayBuffer): TypedArrayOf[T] {
  return new ARRAYS[dtype](memory) as TypedArrayOf[T];
}

/** The name of an element type from its number. */
export function dataTypeOf(number: number): DataType {
  for (const [name, value] of Object.entries(DATA_TYPES)) if (value === number) return name as DataType;
  throw new Error(`TensorFlow element type ${number} is not one that this library handles.`);
}

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
