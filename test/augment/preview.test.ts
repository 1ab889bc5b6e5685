import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { previewAugmentations } from '../../src/augment/preview.js';
import type { Dataset } from '../../src/data/dataset.js';
import { imageFiles } from '../../src/data/images/index.js';
import { Tensor } from '../../src/tensorflow/index.js';

const LENGTH = 10;
const SIDE = 6;
const dataset: Dataset = {
  length: LENGTH,
  labels: Int32Array.from({ length: LENGTH }, (_, i) => i % 5),
  source: {
    kind: 'array',
    pixels: Uint8Array.from({ length: LENGTH * SIDE * SIDE * 3 }, (_, i) => (i * 31) % 256),
    height: SIDE,
    width: SIDE,
  },
};
const wanted = { augmentations: ['flip'], images: 5, draws: 6, size: SIDE, seed: 1 };

test('a row an image: itself, then its draws', async () => {
  const rows = await previewAugmentations(dataset, wanted);
  expect(rows.map((row) => row.length)).toEqual(Array(5).fill(7));
  for (const [original, ...draws] of rows) {
    const mirrored = original!.map((_, i) => {
      const [y, x, c] = [Math.floor(i / (3 * SIDE)), Math.floor(i / 3) % SIDE, i % 3];
      return original![(y * SIDE + SIDE - 1 - x) * 3 + c]!;
    });
    for (const draw of draws) expect([String(original), String(mirrored)]).toContain(String(draw));
  }
  const kept = rows.flatMap(([original, ...draws]) => draws.map((draw) => String(draw) === String(original)));
  expect(new Set(kept)).toEqual(new Set([true, false]));
});

test('the same seed shows the same; mixing shows two images in one', async () => {
  expect(await previewAugmentations(dataset, wanted)).toEqual(await previewAugmentations(dataset, wanted));
  const options = { ...wanted, augmentations: [], mixing: { mixup: 1, cutmix: 0 } };
  const rows = await previewAugmentations(dataset, options);
  const [original, draw] = rows[1]!;
  const partner = rows[0]![0]!;
  // Least squares over all values, which are rounded.
  const differences = Array.from(original!, (value, i) => value - partner[i]!);
  const share =
    differences.reduce((sum, by, i) => sum + by * (draw![i]! - partner[i]!), 0) /
    differences.reduce((sum, by) => sum + by * by, 0);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);
  draw!.forEach((value, i) => {
    expect(Math.abs(value - (share * original![i]! + (1 - share) * partner[i]!))).toBeLessThan(1.01);
  });
});

test('more images than there are: all of them; memory is given back', async () => {
  const before = Tensor.liveCount;
  expect(await previewAugmentations(dataset, { ...wanted, images: 50, draws: 1 })).toHaveLength(LENGTH);
  await expect(previewAugmentations(dataset, { ...wanted, augmentations: ['fold'] })).rejects.toThrow(
    /'fold'/,
  );
  expect(Tensor.liveCount).toBe(before);
});

describe('files', () => {
  let folder: string;
  let files: Dataset;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'preview-'));
    mkdirSync(folder, { recursive: true });
    const pixels = Buffer.from(
      Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.floor(i / 3) % 64).map((x) => 4 * x),
    );
    const path = join(folder, 'ramp.png');
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toFile(path);
    files = { length: 1, labels: Int32Array.of(0), source: { kind: 'encoded', images: imageFiles([path]) } };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are cut by the decoder, otherwise in each draw', async () => {
    const options = {
      augmentations: ['random-resized-crop:0.1:0.3'],
      images: 1,
      draws: 8,
      size: 32,
      seed: 0,
    };
    const [row] = await previewAugmentations(files, options);
    // A ramp from left to right: what a row of pixels spans is how wide the part was.
    const spans = row!.map((image) => (image[31 * 3]! - image[0]!) / 255);
    expect(spans[0]).toBeGreaterThan(0.95);
    for (const span of spans.slice(1)) expect(span).toBeLessThan(0.7);
    expect(new Set(spans).size).toBeGreaterThan(4);
  });
});
