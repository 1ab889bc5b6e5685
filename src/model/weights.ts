/** Element types that a file of weights may hold. `float16` and `bfloat16` are kept as their 16 raw bits. */
export type WeightType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'bool';

/** The values of a weight, by type; a view of the file's own memory where it can be one. */
export type WeightValues =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | BigInt64Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/** One weight: its values in row-major order, and their shape. */
export interface WeightTensor {
  dtype: WeightType;
  shape: readonly number[];
  data: WeightValues;
}

/**
 * Weights by name. Inside the project a name is `layer/weight` as Keras says it: `stem_conv/kernel`,
 * `block1a_dwconv/depthwise_kernel`, `stem_bn/gamma`, `stem_bn/moving_mean`, `predictions/bias`.
 */
export type WeightMap = Map<string, WeightTensor>;

/** What a model expects of one weight, before it has a value. */
export interface WeightSpec {
  /** `layer/weight` */
  name: string;
  shape: readonly number[];
  /** False for the statistics of batch normalization and of Normalization. */
  trainable: boolean;
}
