import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawMistakes, worstMistakes } from '../../src/evaluate/mistakes.js';
import type { Outcomes } from '../../src/evaluate/outcomes.js';
import { sheetSize } from '../../src/sheet/index.js';
import { arrayTask } from '../train/small-network.js';

/** Labels go round 0, 1, 2; images 1, 4 and 5 are wrong. */
const outcomes: Outcomes = {
  labels: Int32Array.of(0, 1, 2, 0, 1, 2),
  predicted: Int32Array.of(0, 0, 2, 0, 2, 1),
  confidence: Float64Array.of(1, 0.4, 0.9, 0.8, 0.7, 0.6),
  rows: Int32Array.of(0, 1, 2, 3, 4, 5),
};
const task = arrayTask(6, { test: 6 });
const SIDE = 168;

test('the most confident mistakes are the worst', () => {
  expect(worstMistakes(outcomes)).toEqual([4, 5, 1]);
  expect(worstMistakes({ ...outcomes, confidence: new Float64Array(6) })).toEqual([1, 4, 5]);
});

test('the sheet shows these images, in this order', async () => {
  const sheet = sharp(await drawMistakes(task, outcomes, { title: 'T' }));
  const { width, height } = await sheet.metadata();
  expect({ width, height }).toEqual(sheetSize(3, { title: 'T', columns: 6, side: SIDE, lines: 3 }));
  const { source } = task.test;
  if (source.kind !== 'array') throw new Error('expected an array');
  for (const [place, row] of [4, 5, 1].entries()) {
    const box = { left: 20 + place * (SIDE + 14), top: 20 + 56, width: SIDE, height: SIDE };
    const { data, info } = await sheet.clone().extract(box).raw().toBuffer({ resolveWithObject: true });
    const pixels = source.pixels.subarray(row * 192, (row + 1) * 192);
    // The middle of each pixel of 21 x 21.
    for (let i = 0; i < 64; i++) {
      const [x, y] = [(i % 8) * 21 + 10, Math.floor(i / 8) * 21 + 10];
      const at = (y * SIDE + x) * info.channels;
      expect([...data.subarray(at, at + 3)]).toEqual([...pixels.subarray(3 * i, 3 * i + 3)]);
    }
  }
});

test('of another split, the images are those of it', async () => {
  const swapped = { ...task, train: task.test, test: task.train };
  const drawn = await drawMistakes(task, outcomes, { title: 'T' });
  for (const [split, isSame] of [
    ['train', true],
    ['all', true],
    ['test', false],
  ] as const)
    expect((await drawMistakes(swapped, outcomes, { title: 'T', split })).equals(drawn)).toBe(isSame);
});

test('no more than asked for, and a sheet without any', async () => {
  const heightOf = async (found: Outcomes, most?: number) =>
    (await sharp(await drawMistakes(task, found, { title: 'T', most })).metadata()).height;
  const of = (cells: number) => sheetSize(cells, { title: 'T', columns: 6, side: SIDE, lines: 3 }).height;
  expect(await heightOf(outcomes, 1)).toBe(of(1));
  expect(await heightOf({ ...outcomes, predicted: outcomes.labels })).toBe(of(0));
});
