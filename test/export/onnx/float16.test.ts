import { expect, test } from 'vitest';
import { toFloat16 } from '../../../src/export/onnx/float16.js';
import { float16ToFloat32 } from '../../../src/weights/to-float32.js';

test('every number that float16 holds stays what it is', () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter(
    (half) => (half & 0x7c00) !== 0x7c00,
  );
  expect(toFloat16(float16ToFloat32(bits))).toEqual(bits);
});

test('others become the nearest, to even where two are as near', () => {
  const half = (value: number) => float16ToFloat32(toFloat16(Float32Array.of(value)))[0];
  expect(half(0.1)).toBe(0.0999755859375);
  expect(half(-1 / 3)).toBe(-0.333251953125);
  // Between 2048 and 2050, and between 2050 and 2052.
  expect([2049, 2051, 2049.01].map(half)).toEqual([2048, 2052, 2050]);
  // The smallest one is 2^-24.
  expect([2 ** -25, 1.01 * 2 ** -25, 3 * 2 ** -25, 2 ** -40].map(half)).toEqual([0, 2 ** -24, 2 ** -23, 0]);
  // Just below the smallest normal number, which it rounds up to.
  expect(half(2 ** -14 - 2 ** -26)).toBe(2 ** -14);
});

test('what is larger becomes the largest, and NaN stays NaN', () => {
  const given = Float32Array.of(65504, 65535, 1e30, -1e30, Infinity, -Infinity, Number.NaN);
  expect([...float16ToFloat32(toFloat16(given))]).toEqual([65504, 65504, 65504, -65504, 65504, -65504, NaN]);
});
