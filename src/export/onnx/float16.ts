/** Bits of 65504, the largest float16. */
const LARGEST = 0x7bff;

/**
 * float32 values in IEEE 754 half precision, as bits: the nearest one, to even where two are as near. What is larger than
 * float16 holds becomes its largest number, so that nothing turns infinite.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const magnitude = word & 0x7fffffff;
    halves[i] = ((word >>> 16) & 0x8000) | (magnitude > 0x7f800000 ? 0x7e00 : rounded(magnitude, values[i]!));
  }
  return halves;
}

function rounded(magnitude: number, value: number): number {
  // Below 2^-14 the bits count units of 2^-24.
  if (magnitude < 0x38800000) return nearestEven(Math.abs(value) * 2 ** 24);
  const rebased = magnitude - (112 << 23);
  return Math.min(LARGEST, (rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
