import { damaged } from '../../bytes/damaged.js';
import type { WeightTensor, WeightType } from '../../model/weights.js';
import { ELEMENT_BYTES, elementCount, typedView } from '../tensor-types.js';
import { float16ToFloat32 } from '../to-float32.js';
import type { ManifestWeight } from './manifest.js';

/** Bytes that a weight takes in its shards. */
export function storedBytes({ shape, dtype, quantization }: ManifestWeight): number {
  if (quantization === undefined) return elementCount(shape) * ELEMENT_BYTES[dtype];
  return elementCount(shape) * (quantization.dtype === 'uint8' ? 1 : 2);
}

/**
 * A weight from its bytes. Quantized ones are value * scale + min, computed in double precision and rounded once,
 * as tfjs does; float16 is widened.
 */
export function decodeWeight(path: string, weight: ManifestWeight, bytes: Uint8Array): WeightTensor {
  const { name, shape, quantization } = weight;
  const dtype: WeightType = weight.dtype;
  if (quantization === undefined) return { dtype, shape, data: typedView(bytes, dtype) };
  if (quantization.dtype === 'float16') {
    if (dtype !== 'float32') throw damaged(path, `float32 for weight '${name}' stored as float16`, dtype);
    return { dtype, shape, data: float16ToFloat32(new Uint16Array(bytes.buffer)) };
  }
  if (dtype === 'bool') throw damaged(path, `numbers for the quantized weight '${name}'`, dtype);
  const { min, scale } = quantization as { min: number; scale: number };
  const stored = quantization.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
  const data = dtype === 'float32' ? new Float32Array(stored.length) : new Int32Array(stored.length);
  for (let i = 0; i < stored.length; i += 1) {
    const value = (stored[i] as number) * scale + min;
    data[i] = dtype === 'float32' ? value : Math.round(value);
  }
  return { dtype, shape, data };
}
