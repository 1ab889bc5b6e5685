import type { Tensor } from '../tensorflow/tensor.js';

/** Images and labels in TensorFlow's memory. Whoever receives one owns it, and disposes of it. */
export class Batch {
  /** @param indices which images of the data set these are */
  constructor(
    /** uint8 `[size, height, width, 3]`, 0..255; of features float32 `[size, height, width, channels]` */
    readonly images: Tensor<'uint8'> | Tensor<'float32'>,
    /** `[size]` class indices */
    readonly labels: Tensor<'int32'>,
    readonly indices: Int32Array,
  ) {}

  /** Number of images. */
  get size(): number {
    return this.indices.length;
  }

  /** Frees the memory of both tensors. Calling it again does nothing. */
  dispose(): void {
    this.images.dispose();
    this.labels.dispose();
  }
}
