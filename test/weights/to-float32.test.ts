import { expect, test } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, toFloat32 } from '../../src/weights/to-float32.js';

test('float16: signs, subnormal numbers, limits, infinities', () => {
  // IEEE 754-2008, binary16
  const bits = [
    0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x8001, 0x3555, 0x7c00, 0xfc00, 0x7e00,
  ];
  const third = 1365 / 4096;
  const expected = [
    0,
    -0,
    1,
    -2,
    65504,
    2 ** -14,
    1023 * 2 ** -24,
    -(2 ** -24),
    third,
    Infinity,
    -Infinity,
    NaN,
  ];
  expect([...float16ToFloat32(Uint16Array.from(bits))]).toEqual(expected);
});

test('bfloat16: the upper half of float32', () => {
  const bits = [0x0000, 0x8000, 0x3f80, 0xc040, 0x7f7f, 0x7f80];
  expect([...bfloat16ToFloat32(Uint16Array.from(bits))]).toEqual([0, -0, 1, -3, 255 * 2 ** 120, Infinity]);
});

test('other types are converted, and float32 stays where it is', () => {
  const data = Float32Array.of(1);
  expect(toFloat32({ dtype: 'float32', shape: [1], data })).toBe(data);
  expect([...toFloat32({ dtype: 'float64', shape: [1], data: Float64Array.of(1.5) })]).toEqual([1.5]);
  expect([...toFloat32({ dtype: 'int64', shape: [1], data: BigInt64Array.of(-3n) })]).toEqual([-3]);
  expect([...toFloat32({ dtype: 'bool', shape: [1], data: Uint8Array.of(1) })]).toEqual([1]);
  expect([...toFloat32({ dtype: 'float16', shape: [1], data: Uint16Array.of(0x3800) })]).toEqual([0.5]);
});
