import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softmax } from '../../src/evaluate/index.js';
import { exportModel } from '../../src/export/index.js';
import type { Model } from '../../src/model/index.js';
import { SavedModel, TensorFlowError } from '../../src/tensorflow/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { largestDifference } from '../weights/tfjs-graph/run-in-tfjs.js';
import { calibrated, someImages } from './calibrated.js';

const folder = temporaryFolder();
const SIZE = 32;
const shape = [3, SIZE, SIZE, 3] as const;
const images = someImages(3, SIZE);
let model: Model;
let expected: Float32Array;

beforeAll(async () => {
  model = await calibrated('cifar-resnet-20', SIZE);
  expected = (await model.logits({ data: images, shape })).data;
});

afterAll(() => model.dispose());

describe.each([
  ['with variables', false],
  ['frozen', true],
])('%s', (name, frozen) => {
  test("TensorFlow's own loader gives the same logits, importBase too, with labels and size", async () => {
    const out = join(folder.path, name);
    await exportModel(model, { format: 'saved-model', out, frozen, logits: true, metadata: { task: 'x' } });
    expect(existsSync(join(out, 'variables', 'variables.index'))).toBe(!frozen);
    const loaded = await SavedModel.load(out, 'serving_default');
    const given = await loaded.run(images, shape);
    await loaded.close();
    expect(largestDifference(given, expected)).toBeLessThan(1e-4);
    const again = await importBase(out);
    const { data } = await again.logits({ data: images, shape });
    await again.dispose();
    expect(largestDifference(data, expected)).toBeLessThan(1e-4);
    expect(again.labels).toEqual(model.labels);
    expect(again.imageSize).toBe(SIZE);
  });
});

test('it gives probabilities, takes any number of images, and takes normalized ones where it is to', async () => {
  const out = join(folder.path, 'plain');
  await exportModel(model, { format: 'saved-model', out });
  const loaded = await SavedModel.load(out, 'serving_default');
  const one = await loaded.run(images.slice(0, SIZE * SIZE * 3), [1, SIZE, SIZE, 3]);
  await loaded.close();
  expect(largestDifference(one, softmax(expected.slice(0, one.length)))).toBeLessThan(1e-6);
  const { mean, std } = model.preprocessing;
  await exportModel(model, { format: 'saved-model', out, normalizedInput: true });
  const normalized = images.map((value, i) => (value - mean[i % 3]!) / std[i % 3]!);
  const bare = await SavedModel.load(out, 'serving_default');
  const same = await bare.run(normalized.slice(0, SIZE * SIZE * 3), [1, SIZE, SIZE, 3]);
  await bare.close();
  expect(largestDifference(same, one)).toBeLessThan(1e-6);
});

test('what is damaged is not loaded', async () => {
  const out = join(folder.path, 'damaged');
  await exportModel(model, { format: 'saved-model', out });
  const file = join(out, 'variables', 'variables.data-00000-of-00001');
  const bytes = readFileSync(file);
  bytes[1000]! ^= 0xff;
  writeFileSync(file, bytes);
  await expect(SavedModel.load(out, 'serving_default')).rejects.toThrow(TensorFlowError);
  await expect(SavedModel.load(join(folder.path, 'none'), 'serving_default')).rejects.toThrow(/SavedModel/);
  await exportModel(model, { format: 'saved-model', out });
  writeFileSync(join(out, 'assets.extra', 'sam-finetune.json'), '{');
  await expect(importBase(out)).rejects.toThrow(/sam-finetune\.json is no JSON/);
});

test('written twice it is the same, byte for byte', async () => {
  const bytesOf = async (name: string) => {
    const out = join(folder.path, name, 'model');
    await exportModel(model, { format: 'saved-model', out });
    return readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name: file }) => [file, readFileSync(join(parentPath, file)).toString('base64')])
      .sort();
  };
  expect(await bytesOf('first')).toEqual(await bytesOf('second'));
});
