import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ExportMismatch, exportModel, FORMATS } from '../../src/export/index.js';
import type { Model } from '../../src/model/index.js';
import { everyActivation, everyLayer } from '../parity/keras/every-layer.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { deviation, sampleImages, sampleModel } from './sample-models.js';

const { path: folder } = temporaryFolder();
const SIZE = 32;
const CLASSES = 7;
const FILES = [
  ['keras', 'model.keras'],
  ['h5', 'model.h5'],
  ['safetensors', 'model.safetensors'],
] as const;
let model: Model;

beforeAll(async () => {
  model = await sampleModel('mobilenet-v3-small', { imageSize: SIZE, classes: CLASSES });
});
afterAll(() => model.dispose());

/** A weight that no format turns round, and another one of its shape. */
function twoAlike(): [string, string] {
  const vectors = [...model.weights].filter(([, { shape }]) => shape.length === 1);
  for (const [name, { shape }] of vectors) {
    const other = vectors.find(([each, tensor]) => each !== name && tensor.shape.join() === shape.join());
    if (other) return [name, other[0]];
  }
  throw new Error('No two weights are of one shape.');
}

const bytesOf = (name: string): Buffer => {
  const data = model.weights.get(name)!.data as Float32Array;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
};

describe.each(FILES)('%s', (format, file) => {
  const out = join(folder, format);
  const path = join(out, file);
  let sound: Buffer;
  const open = (given: Model) => FORMATS[format].open(out, { model: given });

  beforeAll(async () => {
    mkdirSync(out);
    await FORMATS[format].write(model, { out, metadata: {} });
    sound = readFileSync(path);
  });

  test('a sound file: every weight, and what the model says', async () => {
    const opened = await open(model);
    expect(opened).toMatchObject({
      program: 'sam-finetune (its own reader)',
      sameWeights: model.weights.size,
    });
    const { mean, std } = model.preprocessing;
    const { data, shape } = sampleImages(SIZE);
    const scaled = data.map((value, i) => (value - mean[i % 3]!) / std[i % 3]!);
    const given = await opened.run({ data: scaled, shape });
    await opened.close();
    const { data: logits } = await model.logits({ data, shape });
    const rows = [0, 1].map((row) => logits.slice(row * CLASSES, (row + 1) * CLASSES));
    const expected = rows.flatMap((row) => {
      const sum = row.reduce((total, value) => total + Math.exp(value), 0);
      // The topology of the catalogue ends in a softmax; what timm builds of it gives logits.
      return [...row].map((value) => (format === 'safetensors' ? value : Math.exp(value) / sum));
    });
    expect(deviation(given, expected, CLASSES)).toBeLessThan(1e-3);
  });

  test('one bit of one weight', async () => {
    const [name] = twoAlike();
    const damaged = Buffer.from(sound);
    const at = damaged.indexOf(bytesOf(name));
    expect(at).toBeGreaterThan(0);
    damaged[at]! ^= 1;
    writeFileSync(path, damaged);
    // The archive of Keras has a checksum, which is seen first.
    await expect(open(model)).rejects.toThrow(
      format === 'keras' ? /checksum|its weight/ : `its weight '${name}' is not the one that was written`,
    );
    writeFileSync(path, sound);
  });

  test('a file that is cut off', async () => {
    for (const size of [sound.length - 1, sound.length / 2, 100]) {
      truncateSync(path, Math.floor(size));
      await expect(open(model), `${size} bytes`).rejects.toThrow();
      writeFileSync(path, sound);
    }
  });

  test('weights under the names of others, other labels', async () => {
    const [one, other] = twoAlike();
    const weights = new Map(model.weights);
    weights.set(one, model.weights.get(other)!).set(other, model.weights.get(one)!);
    await expect(open(model.with({ weights }))).rejects.toThrow(/its weight '.*' is not the one/);
    const labels = model.labels.toReversed();
    await expect(open(model.with({ labels }))).rejects.toThrow(
      /the labels class 0, .*: other ones were written/,
    );
  });

  test('what is wrong is told by the export, which leaves nothing behind', async () => {
    const { write } = FORMATS[format];
    const spy = vi.spyOn(FORMATS[format], 'write').mockImplementation(async (given, options) => {
      await write(given, options);
      truncateSync(join(options.out, file), 1000);
    });
    const exported = exportModel(model, { format, out: join(folder, 'cut', format) });
    await expect(exported).rejects.toThrow(ExportMismatch);
    await expect(exported).rejects.toThrow('cannot be opened again');
    spy.mockRestore();
    expect(existsSync(join(folder, 'cut', format))).toBe(false);
  });
});

test.each([
  ['every layer', everyLayer],
  ['every activation', everyActivation],
])('%s is read again', async (name, make) => {
  const made = make();
  for (const format of ['keras', 'h5'] as const) {
    const { verification } = await exportModel(made, { format, out: join(folder, name, format) });
    expect(verification).toMatchObject({ verified: true, agreement: 1 });
  }
});

test('the report and the card say who read it again', async () => {
  const out = join(folder, 'told');
  const { verification } = await exportModel(model, { format: 'h5', out });
  expect(verification).toMatchObject({ verified: true, sameWeights: model.weights.size, agreement: 1 });
  expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain(
    `| checked | read again by sam-finetune (its own reader), which found all ${model.weights.size} weights bit for bit: on 4 images `,
  );
});

test('of halves, the halves are compared', async () => {
  const out = join(folder, 'halves');
  const { verification } = await exportModel(model, { format: 'safetensors', out, quantize: 'float16' });
  expect(verification).toMatchObject({ verified: true, sameWeights: model.weights.size });
  const [name] = twoAlike();
  const { shape, data } = model.weights.get(name)!;
  const doubled = Float32Array.from(data as Float32Array, (value) => 2 * value);
  const weights = new Map(model.weights).set(name, { dtype: 'float32', shape, data: doubled });
  await expect(
    FORMATS.safetensors.open(out, { model: model.with({ weights }), quantize: 'float16' }),
  ).rejects.toThrow(name);
});
