import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Task } from '../../../src/data/dataset.js';
import { imageFiles } from '../../../src/data/images/index.js';
import {
  NOISE_FILE,
  type NoiseRecord,
  noiseRecord,
  withLabelNoise,
  writeNoise,
} from '../../../src/data/noise/index.js';
import { CIFAR10_CLASSES, pixelTask } from './noisy-task.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'noise-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const task = pixelTask(CIFAR10_CLASSES, 30);
const noisy = withLabelNoise(task, 'symmetric:0.4', 5);

test('what is written is read back, and turns the true labels into the noisy ones', () => {
  const path = writeNoise(folder, noisy);
  expect(path).toBe(join(folder, 'label-noise.json'));
  const record: NoiseRecord = JSON.parse(readFileSync(path, 'utf8'));
  expect(record).toEqual(noiseRecord(noisy));
  expect(record).toMatchObject({
    kind: 'symmetric',
    share: 0.4,
    seed: 5,
    images: 300,
    classes: CIFAR10_CLASSES,
  });
  expect(record.count).toBe(noisy.noise.changed.length);
  expect(record.changed).toHaveLength(record.count);
  const labels = Int32Array.from(task.train.labels);
  for (const { index, from, to } of record.changed) {
    expect(labels[index]).toBe(from);
    labels[index] = to;
  }
  expect(labels).toEqual(noisy.train.labels);
});

test('nothing is left beside the file, which is replaced', () => {
  writeNoise(folder, noisy);
  writeNoise(folder, withLabelNoise(task, 'asymmetric:0.4', 5));
  expect(readdirSync(folder)).toEqual([NOISE_FILE]);
  expect(JSON.parse(readFileSync(join(folder, NOISE_FILE), 'utf8')).kind).toBe('asymmetric');
});

test('a folder that does not exist is an error that names the file', () => {
  expect(() => writeNoise(join(folder, 'gone'), noisy)).toThrow(/gone.*label-noise\.json/);
});

test('images that are files are named within the folder of the task', () => {
  const length = task.train.length;
  const root = join(folder, 'images');
  const paths = Array.from({ length }, (_, i) => join(root, 'train', `${i}.png`));
  const files: Task = {
    ...task,
    origin: root,
    train: { ...task.train, source: { kind: 'encoded', images: imageFiles(paths) } },
  };
  const [first] = noiseRecord(withLabelNoise(files, 'symmetric:0.4', 5)).changed;
  expect(first!.file).toBe(`train/${first!.index}.png`);
  const elsewhere = { ...files, origin: `${root}-2` };
  expect(noiseRecord(withLabelNoise(elsewhere, 'symmetric:0.4', 5)).changed[0]!.file).toBe(
    paths[first!.index],
  );
  expect(noiseRecord(noisy).changed[0]).not.toHaveProperty('file');
});
