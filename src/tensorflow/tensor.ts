import { library, memoryAt, type Pointer } from './library.js';
import {
  DATA_TYPES,
  type DataType,
  dataTypeOf,
  elementBytes,
  type NumericType,
  overlay,
  sizeOf,
  type TypedArrayOf,
} from './types.js';

/** @internal The key of a tensor's pointer, for tensors of this room. */
export const POINTER = Symbol('pointer');
let live = 0;

/**
 * A tensor in TensorFlow's own memory. Whoever holds it owns it and calls {@link Tensor.dispose} once it is
 * done; the garbage collector does not.
 */
export class Tensor<T extends NumericType = NumericType> {
  readonly dtype: T;
  /** Sizes of its dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  #pointer: Pointer | undefined;
  #data: TypedArrayOf[T] | undefined;

  private constructor(pointer: Pointer, dtype: T, shape: readonly number[]) {
    this.#pointer = pointer;
    this.dtype = dtype;
    this.shape = shape;
    live++;
  }

  /** Tensors that are allocated and not yet disposed of, in this process. For leak tests. */
  static get liveCount(): number {
    return live;
  }

  /** A new tensor with uninitialised values. */
  static allocate<T extends NumericType>(dtype: T, shape: readonly number[]): Tensor<T> {
    const bytes = sizeOf(shape) * elementBytes(dtype);
    const pointer: Pointer | null = library().c.TF_AllocateTensor(
      DATA_TYPES[dtype],
      shape.map(BigInt),
      shape.length,
      bytes,
    );
    if (!pointer) throw new Error(`TensorFlow could not allocate ${bytes} bytes for a tensor of [${shape}].`);
    return new Tensor(pointer, dtype, [...shape]);
  }

  /** A new tensor with a copy of `values`, row-major. */
  static from<T extends NumericType>(
    dtype: T,
    values: ArrayLike<number> | ArrayLike<bigint>,
    shape: readonly number[] = [values.length],
  ): Tensor<T> {
    if (values.length !== sizeOf(shape)) {
      throw new Error(
        `Expected ${sizeOf(shape)} values for a tensor of [${shape}], received ${values.length}.`,
      );
    }
    const tensor = Tensor.allocate(dtype, shape);
    (tensor.data as { set(source: unknown): void }).set(values);
    return tensor;
  }

  /** @internal Takes ownership of a `TF_Tensor` that a session gave. */
  static [POINTER](pointer: Pointer): Tensor {
    const { c } = library();
    const dtype = dataTypeOf(c.TF_TensorType(pointer)) as DataType;
    if (dtype === 'string' || dtype === 'resource') {
      c.TF_DeleteTensor(pointer);
      throw new Error(`A tensor of ${dtype} values cannot be read.`);
    }
    const shape = Array.from({ length: c.TF_NumDims(pointer) }, (_, i) => Number(c.TF_Dim(pointer, i)));
    return new Tensor(pointer, dtype, shape);
  }

  /** Its values as a typed array over TensorFlow's memory: valid until {@link Tensor.dispose}. */
  get data(): TypedArrayOf[T] {
    if (!this.#data) {
      const pointer = this[POINTER];
      const bytes = sizeOf(this.shape) * elementBytes(this.dtype);
      this.#data = overlay(this.dtype, memoryAt(library().c.TF_TensorData(pointer), bytes));
    }
    return this.#data;
  }

  /** The only value of a tensor with one element. */
  item(): number {
    if (this.data.length !== 1) throw new Error(`item() needs one value; this tensor is [${this.shape}].`);
    return Number(this.data[0]);
  }

  /** @internal */
  get [POINTER](): Pointer {
    if (this.#pointer === undefined) throw new Error('This tensor was already disposed of.');
    return this.#pointer;
  }

  get disposed(): boolean {
    return this.#pointer === undefined;
  }

  /** Gives its memory back to TensorFlow. Calling it again does nothing. */
  dispose(): void {
    if (this.#pointer === undefined) return;
    const pointer = this.#pointer;
    this.#pointer = undefined;
    // Reads of a stale view would be reads of freed memory: `data` throws from here on.
    this.#data = undefined;
    live--;
    library().c.TF_DeleteTensor(pointer);
  }
}

/** @internal The `TF_Tensor` of a tensor, for calls within this room. */
export const pointerOf = (tensor: { readonly [POINTER]: Pointer }): Pointer => tensor[POINTER];

/** @internal A tensor from a `TF_Tensor`, which it owns from then on. */
export const adopt = (pointer: Pointer): Tensor => Tensor[POINTER](pointer);
