import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageFiles } from '../../src/data/images/index.js';
import { evaluateLogits, predict } from '../../src/evaluate/index.js';
import type { Model } from '../../src/model/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { testData } from '../test-data.js';

interface Golden {
  synthetic: { logits: number[] };
  images: Record<string, { label: number; top5: number[]; top5_logits: number[] }>;
}

const file = testData('efficientnet-lite0/golden_lite0.json');
const photos = testData('photos');
const TOLERANCE = 1e-3;

describe.skipIf(!file || !photos)('EfficientNet-Lite0 from its published weights', () => {
  let golden: Golden;
  let model: Model;
  beforeAll(async () => {
    golden = JSON.parse(readFileSync(file!, 'utf8'));
    model = await importBase('efficientnet-lite0');
  });
  afterAll(() => model?.dispose());

  test('gives the reference logits for the synthetic input', async () => {
    // x[h, w, c] = sin(0.05 h + 0.031 w + 1.7 c), fed as it is
    const data = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => {
      const [h, w, c] = [Math.floor(i / 672), Math.floor(i / 3) % 224, i % 3];
      return Math.sin(0.05 * h + 0.031 * w + 1.7 * c);
    });
    const { data: logits } = await model.logits({ data, shape: [1, 224, 224, 3] }, { preprocess: false });
    expect(logits).toHaveLength(1000);
    expect(golden.synthetic.logits).toHaveLength(1000);
    golden.synthetic.logits.forEach((value, k) => {
      expect(Math.abs(logits[k]! - value), `logit ${k}`).toBeLessThan(TOLERANCE);
    });
  });

  test('gives the reference top 5 of each photograph', async () => {
    const names = Object.keys(golden.images);
    const found = await predict(
      model,
      names.map((name) => join(photos!, name)),
      { logits: true },
    );
    expect(names).toHaveLength(10);
    names.forEach((name, i) => {
      const { top5, top5_logits } = golden.images[name]!;
      const { predictions, logits } = found[i]!;
      expect(
        predictions.map(({ index }) => index),
        name,
      ).toEqual(top5);
      top5.forEach((index, k) => {
        expect(Math.abs(logits![index]! - top5_logits[k]!), name).toBeLessThan(TOLERANCE);
      });
    });
  });

  test('is right about 31 of 40 photographs or more, 37 within its top 5', async () => {
    const classes: Record<string, { imagenet1k_index: number }> = JSON.parse(
      readFileSync(join(photos!, 'classes.json'), 'utf8'),
    );
    const images = Object.entries(classes).flatMap(([wnid, { imagenet1k_index: label }]) => {
      const folder = join(photos!, 'val', wnid);
      const first = readdirSync(folder).sort().slice(0, 4);
      return first.map((name) => ({ path: join(folder, name), label }));
    });
    const dataset = {
      length: images.length,
      labels: Int32Array.from(images, ({ label }) => label),
      source: { kind: 'encoded' as const, images: imageFiles(images.map(({ path }) => path)) },
    };
    const { count, top1, top5 } = await evaluateLogits((batch) => model.run(batch), dataset, {
      imageSize: 224,
    });
    expect(count).toBe(40);
    expect(top1 * 40).toBeGreaterThanOrEqual(31 - 1e-9);
    expect(top5 * 40).toBeGreaterThanOrEqual(37 - 1e-9);
  });
});
