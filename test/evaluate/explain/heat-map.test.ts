import { describe, expect, test } from 'vitest';
import { colorOf, type Heat, heatAt, laidOver } from '../../../src/evaluate/explain/heat-map.js';

const heat: Heat = { data: Float32Array.of(0, 4, 8, 0), height: 2, width: 2 };

describe('heat between its cells', () => {
  test('is that of a cell at its centre, and even in between', () => {
    expect([heatAt(heat, 0.25, 0.25), heatAt(heat, 0.75, 0.25), heatAt(heat, 0.25, 0.75)]).toEqual([0, 4, 8]);
    expect(heatAt(heat, 0.5, 0.25)).toBe(2);
    expect(heatAt(heat, 0.25, 0.5)).toBe(4);
    expect(heatAt(heat, 0.5, 0.5)).toBe(3);
    // (1 - a) (1 - b) 0 + a (1 - b) 4 + (1 - a) b 8 + a b 0 at a = 1/4, b = 3/4
    expect(heatAt(heat, 0.375, 0.625)).toBeCloseTo(0.25 * 0.25 * 4 + 0.75 * 0.75 * 8, 12);
  });

  test('is that of the nearest cell at the edges', () => {
    expect([heatAt(heat, 0, 0), heatAt(heat, 1, 0), heatAt(heat, 0, 1), heatAt(heat, 1, 1)]).toEqual([
      0, 4, 8, 0,
    ]);
    expect(heatAt({ data: Float32Array.of(5), height: 1, width: 1 }, 0.9, 0.1)).toBe(5);
  });
});

test('colours go from dark to bright', () => {
  expect(colorOf(0)).toEqual([0, 0, 4]);
  expect(colorOf(1)).toEqual([252, 255, 164]);
  expect(colorOf(-1)).toEqual(colorOf(0));
  expect(colorOf(2)).toEqual(colorOf(1));
  const brightness = Array.from({ length: 51 }, (_, i) => {
    const [red, green, blue] = colorOf(i / 50);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  expect(brightness).toEqual(brightness.toSorted((a, b) => a - b));
});

describe('a picture with heat on it', () => {
  const grey = (width: number, height: number) => ({
    data: Buffer.alloc(width * height * 3, 100),
    width,
    height,
  });
  const at = (pixels: Buffer, width: number, x: number, y: number) => [
    ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];

  test('is hottest where the heat is, and itself where there is none', () => {
    const pixels = laidOver(grey(40, 40), heat);
    // Lower left is hottest: 0.3 of the picture, 0.7 of the hottest colour.
    expect(at(pixels, 40, 5, 35)).toEqual(
      [0.3 * 100 + 0.7 * 252, 0.3 * 100 + 0.7 * 255, 0.3 * 100 + 0.7 * 164].map(Math.round),
    );
    expect(at(pixels, 40, 2, 2)).toEqual([100, 100, 100]);
    expect(at(pixels, 40, 38, 38)).toEqual([100, 100, 100]);
  });

  test.each([
    ['wide', 60, 40, [10, 0]],
    ['high', 40, 60, [0, 10]],
  ] as const)(
    'of a %s picture the network saw the square in the middle: the rest is dark',
    (_, width, height, offset) => {
      const [left, top] = offset;
      const pixels = laidOver(grey(width, height), heat);
      const square = laidOver(grey(40, 40), heat);
      for (const [x, y] of [
        [0, 0],
        [5, 35],
        [20, 20],
        [39, 39],
      ] as const)
        expect(at(pixels, width, left + x, top + y)).toEqual(at(square, 40, x, y));
      expect(at(pixels, width, 0, 0)).toEqual([30, 30, 30]);
      expect(at(pixels, width, width - 1, height - 1)).toEqual([30, 30, 30]);
    },
  );

  test('is unchanged where nothing speaks for the class', () => {
    const cold = { data: new Float32Array(4), height: 2, width: 2 };
    expect(laidOver(grey(8, 8), cold).every((value) => value === 100)).toBe(true);
  });
});
