import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDigits } from '../../src/data/tasks/digits.js';
import { softmax } from '../../src/evaluate/index.js';
import { exportModel, withSoftmax } from '../../src/export/index.js';
import { Model, NO_PREPROCESSING, swapHead } from '../../src/model/index.js';
import { startInference } from '../../src/model/inference.js';
import { importBase } from '../../src/weights/import-base.js';
import { readLayersModel } from '../../src/weights/tfjs-layers.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { loadWithTfjs } from '../weights/tfjs/tfjs-model.js';
import { digest } from './digest.js';

const { path: folder, write } = temporaryFolder();
const SIZE = 32;
const COUNT = 3;
const LABELS = Array.from({ length: 10 }, (_, digit) => `digit ${digit}`);
let model: Model;

beforeAll(async () => {
  await tf.setBackend('cpu');
  const base = await importBase('efficientnet-lite0', { weights: 'none', imageSize: SIZE });
  const headed = swapHead(base, { classes: LABELS, initializer: 'variance' });
  const engine = await startInference(headed, { seed: 3 });
  const weights = await engine.variables.values(engine.session);
  await engine.close();
  model = new Model({ ...dataOf(headed), weights }, { origin: 'test' });
});

afterAll(() => model.dispose());

const dataOf = ({ topology, labels, preprocessing, imageSize }: Model) => ({
  topology,
  labels,
  preprocessing,
  imageSize,
});

/** The first digits, each pixel repeated until they fill the input: no resizing is involved. */
function digits(): Uint8Array {
  const { source } = readDigits();
  if (source.kind !== 'array') throw new Error('Expected digits as an array.');
  const scale = SIZE / source.width;
  const pixels = new Uint8Array(COUNT * SIZE * SIZE * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [channel, x, y, image] = [
      i % 3,
      Math.floor(i / 3) % SIZE,
      Math.floor(i / 3 / SIZE) % SIZE,
      Math.floor(i / 3 / SIZE / SIZE),
    ];
    const at = (image * source.height + Math.floor(y / scale)) * source.width + Math.floor(x / scale);
    pixels[i] = source.pixels[at * 3 + channel]!;
  }
  return pixels;
}

test('tfjs opens the exported model, and gives the same probabilities', async () => {
  const out = join(folder, 'digits-model');
  await exportModel(model, { format: 'tfjs-layers', out });
  const pixels = digits();
  const { data: logits } = await model.logits({ data: pixels, shape: [COUNT, SIZE, SIZE, 3] });
  const expected = Array.from({ length: COUNT }, (_, i) => softmax(logits.slice(10 * i, 10 * i + 10)));

  const { preprocessing } = await readLayersModel(out);
  const loaded = await loadWithTfjs(out);
  const images = tf.tensor4d(Float32Array.from(pixels), [COUNT, SIZE, SIZE, 3]);
  const prepared = images.sub(tf.tensor1d([...preprocessing.mean])).div(tf.tensor1d([...preprocessing.std]));
  const probabilities = (loaded.predict(prepared) as tf.Tensor).arraySync() as number[][];
  for (const [i, row] of expected.entries())
    for (const [k, probability] of row.entries()) expect(probabilities[i]![k]).toBeCloseTo(probability, 4);
  // The network tells the images apart, so the comparison means something.
  expect(Math.abs(expected[0]![0]! - expected[1]![0]!)).toBeGreaterThan(1e-3);
});

test('importBase takes it back: weights, labels, size, preprocessing, and what it says of itself', async () => {
  const out = join(folder, 'again');
  const metadata = { task: 'digits', top1: 0.5 };
  await exportModel(model, { out, metadata, normalizedInput: true });
  const imported = await importBase(out);
  expect(digest(imported.weights)).toEqual(digest(model.weights));
  expect(dataOf(imported)).toEqual(dataOf(model));
  expect((await readLayersModel(out)).metadata).toEqual({ task: 'digits', top1: 0.5 });
  await exportModel(model, { out, metadata: {} });
  const { metadata: none, preprocessing } = await readLayersModel(out);
  expect(none).toEqual({});
  expect(preprocessing).toEqual(NO_PREPROCESSING);
  expect(readFileSync(join(out, 'labels.txt'), 'utf8').split('\n').slice(0, 2)).toEqual([
    'digit 0',
    'digit 1',
  ]);
});

test('with its preprocessing inside it gives the same logits to importBase, and without its softmax to tfjs', async () => {
  const out = join(folder, 'logits');
  await exportModel(model, { out, logits: true });
  const pixels = digits();
  const shape = [COUNT, SIZE, SIZE, 3] as const;
  const { data: expected } = await model.logits({ data: pixels, shape });
  const imported = await importBase(out);
  const { data: again } = await imported.logits({ data: pixels, shape });
  await imported.dispose();
  const loaded = await loadWithTfjs(out);
  const given = (loaded.predict(tf.tensor4d(Float32Array.from(pixels), [...shape])) as tf.Tensor).dataSync();
  for (const [i, logit] of expected.entries()) {
    expect(again[i]).toBeCloseTo(logit, 4);
    expect(given[i]).toBeCloseTo(logit, 4);
  }
});

test('a head that gives logits gets its softmax; the logits stay the same', async () => {
  const topology = structuredClone(model.topology);
  if (topology.class_name !== 'Functional') throw new Error('Expected a functional topology.');
  topology.config.layers.find(({ name }) => name === 'predictions')!.config.activation = 'linear';
  const linear = new Model({ ...dataOf(model), topology, weights: model.weights });
  expect(withSoftmax(linear).topology).toEqual(model.topology);
  expect(topology).not.toEqual(model.topology);
});

test('refused: a model without its weights, a folder with other files, an unknown format', async () => {
  const out = join(folder, 'refused');
  const bare = await importBase('efficientnet-lite0', { weights: 'none', imageSize: SIZE });
  await expect(exportModel(bare, { out })).rejects.toThrow(
    /no values for stem_conv\/kernel.*Fine-tune it first/,
  );
  await expect(exportModel(model, { out, format: 'tfjs-layer' as never })).rejects.toThrow(
    /Unknown export format 'tfjs-layer'\. Did you mean 'tfjs-layers'\?/,
  );
  expect(existsSync(out)).toBe(false);
  mkdirSync(join(folder, 'mine'));
  write('mine/notes.txt', 'mine');
  await expect(exportModel(model, { out: join(folder, 'mine') })).rejects.toThrow(
    /mine .*'notes\.txt'.*Name another folder/,
  );
  expect(readdirSync(join(folder, 'mine'))).toEqual(['notes.txt']);
});
