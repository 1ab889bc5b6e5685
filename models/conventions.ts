/** Where one network is computed a little differently by who trained its weights. */
export interface Conventions {
  /**
   * Zeros around the image of a strided window: `same` as TensorFlow does it (one pixel less at the top and left of
   * an even side), `symmetric` as PyTorch does it.
   */
  padding: 'same' | 'symmetric';
  /** Epsilon of batch normalization. */
  epsilon: number;
}
