import type { WeightTensor } from '../model/weights.js';

/** A tensor's values in float32; the same memory where they are float32 already. int64 loses what float32 cannot hold. */
export function toFloat32({ dtype, data }: WeightTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === 'float16') return float16ToFloat32(data as Uint16Array);
  if (dtype === 'bfloat16') return bfloat16ToFloat32(data as Uint16Array);
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data);
}

/** IEEE 754 half precision, given as bits, in float32. Exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i += 1) {
    const half = bits[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      // Zero and subnormal numbers: fraction * 2^-24, all of which are normal numbers in float32.
      values[i] = (sign === 0 ? fraction : -fraction) * 2 ** -24;
    } else {
      const wide = exponent === 0x1f ? 0xff : exponent + 112;
      words[i] = sign | (wide << 23) | (fraction << 13);
    }
  }
  return values;
}

/** bfloat16, given as bits, in float32: its upper half. Exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i += 1) words[i] = (bits[i] as number) << 16;
  return values;
}
