import { expect, test } from 'vitest';
import { toFloat16 } from '../../src/weights/to-float16.js';
import { float16ToFloat32 } from '../../src/weights/to-float32.js';

test('every half comes back as itself', () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const isNumber = (half: number) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0;
  const again = toFloat16(float16ToFloat32(bits));
  expect(bits.filter((half) => isNumber(half) && again[half] !== half)).toHaveLength(0);
  expect(bits.filter((half) => !isNumber(half) && isNumber(again[half]!))).toHaveLength(0);
});

test('to the nearest, ties to even, as IEEE 754 has it', () => {
  const pairs: [value: number, half: number][] = [
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    [65_519.99, 65_504],
    [65_520, Number.POSITIVE_INFINITY],
    [-1e30, Number.NEGATIVE_INFINITY],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2 ** -23],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [-(2 ** -24), -(2 ** -24)],
  ];
  const halves = float16ToFloat32(toFloat16(Float32Array.from(pairs, ([value]) => value)));
  expect([...halves]).toEqual(pairs.map(([, half]) => half));
});
