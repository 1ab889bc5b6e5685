import { describe, expect, test } from 'vitest';
import { decodeWeight } from '../../../src/weights/tfjs/dequantize.js';
import type { ManifestWeight } from '../../../src/weights/tfjs/manifest.js';
import { quantize, type StoredType } from '../../../src/weights/tfjs/quantize.js';
import { pseudoRandom } from '../../model/run-layers.js';

const SHAPE = [3, 3, 8, 16];
const values = pseudoRandom(3 * 3 * 8 * 16, { seed: 2 });

function again(given: Float32Array, shape: number[], to: StoredType): Float32Array {
  const { quantization, bytes } = quantize(given, shape, to)!;
  const weight: ManifestWeight = { name: 'w', shape, dtype: 'float32', quantization };
  return decodeWeight('here', weight, Uint8Array.from(bytes)).data as Float32Array;
}

describe.each([
  ['uint8', 2 / 255],
  ['uint16', 2 / 65_535],
] as const)('%s', (to, step) => {
  test('each value lies within a step, half a step but for those that keep a sum', () => {
    const errors = again(values, SHAPE, to).map((value, i) => Math.abs(value - values[i]!) / step);
    expect(Math.max(...errors)).toBeLessThan(1.01);
    expect(errors.filter((error) => error > 0.51).length).toBeLessThan(
      to === 'uint8' ? values.length / 8 : 1,
    );
  });

  test('zero stays zero', () => {
    const some = values.map((value, i) => (i % 5 === 0 ? 0 : value - 0.3));
    const kept = again(some, SHAPE, to).filter((_, i) => i % 5 === 0);
    const exact = [...kept].filter((value) => value === 0).length / kept.length;
    expect(exact).toBeGreaterThan(to === 'uint8' ? 0.9 : 0.999);
  });

  test('one value all over, and values of one sign', () => {
    for (const value of [0, 0.25, -3]) {
      const found = again(new Float32Array(1152).fill(value), SHAPE, to);
      expect(Math.max(...found.map((each) => Math.abs(each - value)))).toBeLessThan(1e-6);
    }
    const positive = values.map((value) => 5 + value);
    const errors = again(positive, SHAPE, to).map((value, i) => Math.abs(value - positive[i]!));
    expect(Math.max(...errors)).toBeLessThan(1.1 * step);
  });
});

test('in 8 bits the errors of each output channel cancel', () => {
  const found = again(values, SHAPE, 'uint8');
  for (let channel = 0; channel < 16; channel++) {
    let sum = 0;
    for (let at = channel; at < values.length; at += 16) sum += found[at]! - values[at]!;
    expect(Math.abs(sum)).toBeLessThan(0.51 * (2 / 255));
  }
});

test('depthwise kernels become halves in 8 bits; what is no kernel, and what is no number, stays', () => {
  expect(quantize(new Float32Array(72), [3, 3, 8, 1], 'uint8')?.quantization).toEqual({ dtype: 'float16' });
  expect(quantize(new Float32Array(72), [3, 3, 8, 1], 'uint16')?.quantization.dtype).toBe('uint16');
  expect(quantize(new Float32Array(2000), [2000], 'uint8')).toBeUndefined();
  expect(quantize(Float32Array.of(1, Number.NaN), [1, 2], 'uint8')?.quantization ?? 'none').not.toBe('uint8');
  expect(quantize(Float32Array.of(1, Number.POSITIVE_INFINITY), [1, 2], 'uint8')).toBeUndefined();
});
