import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import { InputError } from '../../src/errors.js';
import { type Model, swapHead, type WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { checkWeights, type ImportOptions, importBase } from '../../src/weights/import-base.js';
import { readWeights } from '../../src/weights/read.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { writeLayersModel } from '../../src/weights/tfjs-layers.js';
import { testData } from '../test-data.js';
import { differing } from '../train/run-steps.js';
import { smallModel } from '../train/small-network.js';
import { topologyWeights } from './source-weights.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
afterEach(() => expect(Tensor.liveCount).toBe(0));

async function refusal(name: string, options: ImportOptions = {}): Promise<string> {
  const error: unknown = await importBase(name, options).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

const pixels = {
  data: Uint8Array.from({ length: 2 * 192 }, (_, i) => (i * 89) % 256),
  shape: [2, 8, 8, 3],
} as const;

async function logitsOf(model: Model): Promise<number[]> {
  const { data } = await model.logits(pixels);
  await model.dispose();
  return [...data];
}

describe('a name', () => {
  test('that is unknown is refused with the nearest, and all that are known', async () => {
    const message = await refusal('eficientnet-lite0');
    expect(message).toContain("Unknown base 'eficientnet-lite0'. Did you mean 'efficientnet-lite0'?");
    expect(message).toContain('efficientnet-b7');
    expect(message).toContain('hf:OWNER/REPO, or a path of a run, a model or a file of weights works too.');
  });

  test.each([[16], [0], [40.5]])('an image size of %f is below what it takes, or none', async (imageSize) => {
    const message = await refusal('efficientnet-lite0', { imageSize, weights: 'none' });
    expect(message).toBe(
      `Expected a whole number of 32 pixels or more with efficientnet-lite0 for image size, received ${imageSize}.`,
    );
  });

  test('without published weights needs a file or none, and names those that have them', () => {
    const base = { ...findBase('efficientnet-b0')!, name: 'own-net', variants: [] };
    const check = (weights?: string) => checkWeights({ kind: 'catalogue', base }, 'own-net', { weights });
    expect(check).toThrow(InputError);
    expect(check).toThrow('There are no pretrained weights for own-net in the catalogue.');
    expect(check).toThrow(/--weights PATH.*--base own-net:none.*efficientnet-lite0/);
    for (const weights of ['none', 'file.pth']) expect(() => check(weights)).not.toThrow();
  });

  test('with weights none starts at random, by the seed', async () => {
    const start = async (seed: number) => {
      const model = await importBase('efficientnet-lite0', { weights: 'none', imageSize: 32, seed });
      expect([model.imageSize, model.labels.length, model.weights.size]).toEqual([32, 1000, 0]);
      expect(model.origin).toBe('efficientnet-lite0, random weights');
      expect(model.preprocessing).toEqual({ mean: [127, 127, 127], std: [128, 128, 128] });
      return logitsOf(swapHead(model, { classes: ['a', 'b'], initializer: 'variance', seed }));
    };
    const first = await start(1);
    expect(await start(1)).toEqual(first);
    expect(await start(2)).not.toEqual(first);
  });
});

describe('a file of weights', () => {
  const lite0 = findBase('efficientnet-lite0')!.build();
  const whole = join(folder.path, 'lite0.safetensors');

  test('with the project’s own names goes into the named base', async () => {
    const weights = topologyWeights(lite0);
    await writeSafetensors(whole, weights);
    const model = await importBase('efficientnet-lite0', { weights: whole });
    expect(model.origin).toBe(whole);
    expect(model.weights.size).toBe(weights.size);
    expect(differing(model.weights, weights)).toEqual([]);
  });

  test('in safetensors is told from a PyTorch stream, even where its first bytes are those of one', async () => {
    const path = join(folder.path, 'ambiguous.safetensors');
    const weights: WeightMap = new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(4) }]]);
    // A header of 640 bytes begins with 0x80 0x02, as a pickle of protocol 2 does.
    const header = (padding: number) =>
      writeSafetensors(path, weights, { metadata: { note: 'x'.repeat(padding) } });
    await header(0);
    const shortest = readFileSync(path).readUInt32LE(0);
    await header(640 - shortest);
    expect([...readFileSync(path).subarray(0, 2)]).toEqual([0x80, 0x02]);
    expect((await readWeights(path)).format).toBe('safetensors');
  });

  test('that is missing is named', async () => {
    const path = join(folder.path, 'missing.pth');
    expect(await refusal('efficientnet-lite0', { weights: path })).toContain(
      `No file of weights at ${path}.`,
    );
  });

  test('that is cut off, or no file of weights, is named', async () => {
    const bytes = readFileSync(whole);
    const cut = folder.write('cut.safetensors', bytes.subarray(0, bytes.length - 1000));
    expect(await refusal('efficientnet-lite0', { weights: cut })).toContain(cut);
    const text = folder.write('text.pth', 'these are no weights');
    expect(await refusal('efficientnet-lite0', { weights: text })).toContain(
      `${text} is in no format that is read here`,
    );
  });

  test('of another architecture is refused: what is missing, extra, and of another shape', async () => {
    const message = await refusal('efficientnet-b0', { weights: whole });
    expect(message).toContain(`The weights in ${whole} do not fit this base`);
    expect(message).toMatch(/\d+ missing: .*se_reduce/);
    const lite1 = await refusal('efficientnet-lite1', { weights: whole });
    expect(lite1).toMatch(/missing: /);
  });
});

describe('a path', () => {
  const saved = join(folder.path, 'saved');
  const model = smallModel();

  test('of a saved model gives it back: equal logits, labels, preprocessing', async () => {
    const given = smallModel({ weights: topologyWeights(model.topology) });
    await writeLayersModel(saved, given);
    const expected = await logitsOf(given);
    for (const path of [saved, join(saved, 'model.json')]) {
      const found = await importBase(path);
      expect([found.labels, found.preprocessing, found.imageSize]).toEqual([
        given.labels,
        given.preprocessing,
        8,
      ]);
      expect(await logitsOf(found)).toEqual(expected);
    }
  });

  test('of a run gives the model in it', async () => {
    const run = join(folder.path, 'run');
    const given = smallModel({ weights: topologyWeights(model.topology) });
    await writeLayersModel(join(run, 'model'), given);
    expect(await logitsOf(await importBase(run))).toEqual(await logitsOf(given));
  });

  test('takes weights from a file, or none', async () => {
    const other = topologyWeights(model.topology);
    other.get('predictions/bias')!.data = Float32Array.of(5, 6, 7);
    other.get('predictions/kernel')!.data = new Float32Array(18);
    const file = join(folder.path, 'other.safetensors');
    await writeSafetensors(file, other);
    const found = await importBase(saved, { weights: file });
    expect(found.origin).toBe(file);
    expect(await logitsOf(found)).toEqual([5, 6, 7, 5, 6, 7]);
    const random = await importBase(saved, { weights: 'none', seed: 3 });
    expect(random.weights.size).toBe(0);
    expect(await logitsOf(random)).toEqual(await logitsOf(smallModel({ seed: 3 })));
    other.delete('predictions/bias');
    await writeSafetensors(file, other);
    expect(await refusal(saved, { weights: file })).toContain(`The weights in ${file} do not fit this base`);
  });

  test('takes an image size, and refuses one that its windows do not fit', async () => {
    expect((await importBase(saved, { imageSize: 12 })).inputShape).toEqual([12, 12, 3]);
    expect(await refusal(saved, { imageSize: 1 })).toMatch(
      /Layer 'pool' has a window of 2 pixels, its input is 1 pixels: the image size/,
    );
  });

  test('without a model in it is refused', async () => {
    expect(await refusal(folder.path)).toContain(
      `${folder.path} holds no model: expected a run folder, or one of: a tfjs layers model`,
    );
    const file = folder.write('weights.bin', 'weights');
    expect(await refusal(file)).toContain(`${file} holds no model and no weights in a format`);
  });
});

const converted = testData('converted-efficientnet-b0');

test.skipIf(!converted)(
  'a layers model that tensorflowjs_converter wrote from Keras, in float16',
  async () => {
    const expected = JSON.parse(readFileSync(join(converted!, 'expected.json'), 'utf8'));
    const model = await importBase(join(converted!, 'layers-float16'));
    expect([model.inputShape, model.labels.length]).toEqual([[96, 96, 3], 10]);
    // The recipe of the input: 127.5 (1 + sin(0.05 h + 0.031 w + 1.7 c))
    const data = Float32Array.from({ length: 96 * 96 * 3 }, (_, i) => {
      const [h, w, c] = [Math.floor(i / 288), Math.floor(i / 3) % 96, i % 3];
      return 127.5 * (1 + Math.sin(0.05 * h + 0.031 * w + 1.7 * c));
    });
    const { data: logits } = await model.logits({ data, shape: [1, 96, 96, 3] });
    await model.dispose();
    const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
    const probabilities: number[] = expected['tfjs 4.22, layers-float16'].probabilities;
    probabilities.forEach((probability, k) => {
      expect(Math.exp(logits[k]!) / sum).toBeCloseTo(probability, 4);
    });
    // And against the network in full precision, whose weights float16 rounds to 11 bits.
    const full: number[] = expected['keras 2.15'].logits;
    full.forEach((value, k) => {
      expect(Math.abs(logits[k]! - value)).toBeLessThan(0.25);
    });
  },
);
