import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportModel, FORMATS } from '../../src/export/index.js';
import type { Model } from '../../src/model/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { readWeights } from '../../src/weights/read.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { digest } from './digest.js';
import { deviation, sampleImages, sampleModel } from './sample-models.js';

const { path: folder, write } = temporaryFolder();
const SIZE = 32;
const METADATA = { task: 'digits', top1: 0.5 };
const FORMATS_OF_ONE_FILE = [
  ['keras', 'model.keras'],
  ['h5', 'model.h5'],
] as const;
/** A network of timm's, and a smaller one where any will do. */
const names = { timm: 'mobilenet-v2', small: 'cifar-resnet-20' } as const;
let model: Model;
let logits: Float32Array;

const useModel = (name: keyof typeof names) => {
  beforeAll(async () => {
    model = await sampleModel(names[name], { imageSize: SIZE, classes: 7 });
    logits = (await model.logits(sampleImages(SIZE))).data;
  });
  afterAll(() => model.dispose());
};

async function logitsOf(imported: Model): Promise<Float32Array> {
  try {
    return (await imported.logits(sampleImages(SIZE))).data;
  } finally {
    await imported.dispose();
  }
}

describe.each(FORMATS_OF_ONE_FILE)('%s', (format, file) => {
  useModel('small');

  test('importBase takes the folder back: weights bit for bit, labels, size, and the same logits', async () => {
    const out = join(folder, format);
    await exportModel(model, { format, out, metadata: METADATA });
    expect(readdirSync(out).sort()).toEqual(['README.md', 'labels.txt', file]);
    const imported = await importBase(out);
    expect(digest(imported.weights)).toEqual(digest(model.weights));
    const { labels, imageSize } = model;
    expect(imported).toMatchObject({ labels, imageSize, preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } });
    expect((await readWeights(join(out, file))).metadata).toMatchObject(METADATA);
    expect(deviation(await logitsOf(imported), logits, 7)).toBeLessThan(1e-4);
  });

  test('preprocessing that is left for the user is in the file, and is applied by importBase', async () => {
    const out = join(folder, `${format}-normalized`);
    await exportModel(model, { format, out, normalizedInput: true, logits: true });
    const imported = await importBase(out);
    expect(imported.preprocessing).toEqual(model.preprocessing);
    expect(await logitsOf(imported)).toEqual(logits);
  });

  test('a model of the same format in the folder is replaced, anything else is not', async () => {
    const out = join(folder, `${format}-again`);
    mkdirSync(out);
    write(`${format}-again/${file}`, 'an older one');
    await exportModel(model, { format, out });
    await expect(exportModel(model, { format: 'safetensors', out })).rejects.toThrow(/Name another folder/);
    expect(FORMATS[format].usage(out)).toContain(join(out, file));
  });

  test('no quantization, and the way out', async () => {
    const quantized = exportModel(model, { format, out: join(folder, 'none'), quantize: 'float16' });
    await expect(quantized).rejects.toThrow(/stores no weights as float16. It has: none/);
  });
});

describe('safetensors', () => {
  useModel('timm');

  test('importBase takes the folder back as the same network, under arguments that timm is told', async () => {
    const out = join(folder, 'safetensors');
    await exportModel(model, { format: 'safetensors', out, metadata: METADATA });
    expect(readdirSync(out).sort()).toEqual(['README.md', 'config.json', 'labels.txt', 'model.safetensors']);
    const imported = await importBase(out);
    expect(digest(imported.weights)).toEqual(digest(model.weights));
    const { labels, imageSize, preprocessing } = model;
    expect(imported).toMatchObject({ labels, imageSize, preprocessing });
    expect(await logitsOf(imported)).toEqual(logits);
    // The card says what the network itself takes and gives, wherever the folder lies.
    const card = readFileSync(join(out, 'README.md'), 'utf8');
    expect(card).toContain('logits');
    expect(card).toContain('timm.create_model("local-dir:.", pretrained=True)');
    expect(card).not.toContain(folder);
    const { metadata } = await readWeights(join(out, 'model.safetensors'));
    expect(metadata).toEqual({ format: 'pt', ...METADATA });
  });

  test('equal models give equal files', async () => {
    const outs = ['one', 'two'].map((name) => join(folder, `safetensors-${name}`));
    for (const out of outs) await exportModel(model, { format: 'safetensors', out });
    const [one, two] = await Promise.all(outs.map((out) => readWeights(join(out, 'model.safetensors'))));
    expect([...one!.tensors.keys()]).toEqual([...two!.tensors.keys()]);
    expect(digest(one!.tensors)).toEqual(digest(two!.tensors));
  });

  test('halves are read as float32, each within 2^-11 of what it was', async () => {
    const out = join(folder, 'halves');
    await exportModel(model, { format: 'safetensors', out, quantize: 'float16' });
    const imported = await importBase(out);
    for (const [name, { data }] of imported.weights) {
      const given = model.weights.get(name)!.data;
      const isNear = (data as Float32Array).every(
        (value, i) =>
          Math.abs(value - Number(given[i])) <= Math.max(2 ** -11 * Math.abs(Number(given[i])), 2 ** -25),
      );
      expect(isNear, name).toBe(true);
    }
    expect(digest(imported.weights)).not.toEqual(digest(model.weights));
  });

  test('a network that timm does not have is refused, with the way out', async () => {
    const out = join(folder, 'wide');
    const wide = await sampleModel('wide-resnet-16-8', { imageSize: 16 });
    const refused = exportModel(wide, { format: 'safetensors', out });
    await expect(refused).rejects.toThrow(/none of timm's networks.*Export it as 'keras'/);
    expect(existsSync(out)).toBe(false);
  });
});

test.each(['keras', 'h5', 'safetensors'] as const)('%s: a graph of operations is refused', async (format) => {
  const nodes = [{ name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' } } }];
  const config = { name: 'graph', nodes, input: 'x', output: 'x' };
  const graph = model.with({ topology: { class_name: 'Graph', config } });
  await expect(FORMATS[format].write(graph, { out: folder, metadata: {} })).rejects.toThrow(
    /is a graph of operations.*Export it as 'tfjs-graph', 'saved-model' or 'onnx'/,
  );
});
