import { describe, expect, test } from 'vitest';
import { augmented, images } from './run-augment.js';

const SIDE = 20;
const COUNT = 120;

/** A box around what differs from `value`, and how many pixels in it do. */
function boxOf(image: readonly number[], value: number) {
  const changed = image.flatMap((own, i) => (own === value ? [] : [Math.floor(i / 3)]));
  if (changed.length === 0) return undefined;
  const rows = changed.map((pixel) => Math.floor(pixel / SIDE));
  const columns = changed.map((pixel) => pixel % SIDE);
  const [top, bottom] = [Math.min(...rows), Math.max(...rows) + 1];
  const [left, right] = [Math.min(...columns), Math.max(...columns) + 1];
  const values = changed.length / 3;
  return {
    top,
    left,
    height: bottom - top,
    width: right - left,
    share: values / ((bottom - top) * (right - left)),
  };
}

const even = { ...images(COUNT, SIDE), pixels: new Uint8Array(COUNT * SIDE * SIDE * 3).fill(40) };
const erased = (name: string) => augmented(even, { size: SIDE, augmentations: [name], step: 2 });

describe('cutout', () => {
  test('covers one square, cut off at the border, by grey; the rest stays', async () => {
    const found = await erased('cutout:0.4');
    for (const image of found) {
      expect(new Set(image)).toEqual(new Set([40, 128]));
      const box = boxOf(image, 40)!;
      expect(box.share).toBe(1);
      const isCut = (from: number, length: number) => from === 0 || from + length === SIDE;
      if (!isCut(box.top, box.height)) expect(box.height).toBe(8);
      if (!isCut(box.left, box.width)) expect(box.width).toBe(8);
      expect(Math.min(box.height, box.width)).toBeGreaterThanOrEqual(4);
      expect(Math.max(box.height, box.width)).toBeLessThanOrEqual(8);
    }
    const tops = found.map((image) => boxOf(image, 40)!.top);
    expect(Math.min(...tops)).toBe(0);
    expect(Math.max(...tops)).toBe(SIDE - 5);
  });
});

describe('random-erasing', () => {
  test('covers a box of noise in as many images as asked', async () => {
    const boxes = (await erased('random-erasing:0.6')).map((image) => boxOf(image, 40));
    const covered = boxes.filter((box) => box !== undefined);
    expect(Math.abs(covered.length / COUNT - 0.6)).toBeLessThan(0.15);
    for (const { height, width, share } of covered) {
      const area = (height * width) / SIDE ** 2;
      // Boxes are rounded to whole pixels.
      expect(area).toBeGreaterThan(0.01);
      expect(area).toBeLessThan(0.38);
      expect(width / height).toBeGreaterThan(0.2);
      expect(width / height).toBeLessThan(5);
      // A 256th of the noise has the value that was there before.
      expect(share).toBeGreaterThan(0.8);
    }
  });

  test('its noise is uniform in 0..255, another in each update', async () => {
    const values = (await erased('random-erasing:1')).flat().filter((value) => value !== 40);
    expect(Math.abs(values.reduce((a, b) => a + b) / values.length - 127.5)).toBeLessThan(5);
    expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
    expect(new Set(values).size).toBeGreaterThan(240);
  });
});
