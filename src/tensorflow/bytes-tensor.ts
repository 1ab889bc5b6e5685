import { library, type Pointer } from './library.js';
import { POINTER } from './tensor.js';
import { DATA_TYPES } from './types.js';

/** sizeof(TF_TString), tensorflow/core/platform/ctstring.h. */
const STRING_BYTES = 24;

/**
 * A scalar `string` tensor over bytes that JavaScript holds: a file's content is fed without a copy. Whoever makes it
 * disposes of it, after the runs that it feeds.
 */
export class BytesTensor {
  #pointer: Pointer | undefined;
  /** What the tensor looks at is kept alive. */
  #content: Uint8Array | undefined;

  /** @param content must not change while the tensor is in use */
  constructor(content: Uint8Array) {
    const { c } = library();
    const pointer: Pointer | null = c.TF_AllocateTensor(DATA_TYPES.string, [], 0, STRING_BYTES);
    if (!pointer) throw new Error('TensorFlow could not allocate a tensor for bytes.');
    const text = c.TF_TensorData(pointer);
    c.TF_StringInit(text);
    c.TF_StringAssignView(text, content, content.length);
    this.#pointer = pointer;
    this.#content = content;
  }

  /** Number of bytes. */
  get length(): number {
    return this.#content?.length ?? 0;
  }

  /** @internal */
  get [POINTER](): Pointer {
    if (this.#pointer === undefined) throw new Error('This tensor was already disposed of.');
    return this.#pointer;
  }

  /** Gives its memory back to TensorFlow; the bytes stay the caller's. Calling it again does nothing. */
  dispose(): void {
    if (this.#pointer === undefined) return;
    const pointer = this.#pointer;
    this.#pointer = undefined;
    this.#content = undefined;
    library().c.TF_DeleteTensor(pointer);
  }
}
