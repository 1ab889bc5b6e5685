const words = new Uint32Array(1);
const float = new Float32Array(words.buffer);

/** float32 values as IEEE 754 half precision, given as bits: to the nearest, ties to even; beyond 65,504 infinite. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = halfOf(values[i]!);
  return bits;
}

function halfOf(value: number): number {
  float[0] = value;
  const word = words[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  // Not a number, or infinite.
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  const exponent = (magnitude >>> 23) - 112;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    // Subnormal: a multiple of 2^-24, which float32 holds exactly.
    float[0] = Math.abs(value);
    return sign | roundToEven(float[0] * 2 ** 24);
  }
  const rest = magnitude & 0x1fff;
  const half = (exponent << 10) | ((magnitude >>> 13) & 0x3ff);
  // A carry goes on into the exponent, as it should.
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
