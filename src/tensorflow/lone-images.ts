import { lacksAvx512 } from './processor.js';

/**
 * Whether a batch of one takes twenty times as long as a batch of two: without AVX-512 oneDNN gives the convolutions of a single
 * image to a routine that does the batch normalization fused behind them value by value. Measured with TensorFlow 2.21,
 * EfficientNet-Lite0 at 224 px: 1,500 and 70 ms.
 */
export function areLoneImagesSlow(): boolean {
  return process.env.TF_ENABLE_ONEDNN_OPTS !== '0' && lacksAvx512();
}
