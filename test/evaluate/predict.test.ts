import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type FilePrediction, predict, predictEach, softmax } from '../../src/evaluate/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { completed } from '../../src/train/probe/complete.js';
import { arrayDataset, smallModel } from '../train/small-network.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { readNpy } from './read-npy.js';

const folder = temporaryFolder();
const model = smallModel({ classes: 7 });
const files: string[] = [];
const { source } = arrayDataset(3);
if (source.kind !== 'array') throw new Error('expected an array');
const { pixels } = source;

beforeAll(async () => {
  for (let i = 0; i < 3; i++) {
    const raw = Buffer.from(pixels.slice(i * 192, (i + 1) * 192));
    const png = await sharp(raw, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toBuffer();
    files.push(folder.write(`${i}.png`, png));
  }
});

afterAll(async () => {
  await model.dispose();
  expect(Tensor.liveCount).toBe(0);
});

/** The weights that the model draws from its seed. */
const drawnWeights = async () => (await completed(model)).weights;

/** Sums are rounded otherwise where more is asked of the graph than logits. */
function expectAlike(found: readonly FilePrediction[], expected: readonly FilePrediction[]): void {
  expect(found.map(({ file }) => file)).toEqual(expected.map(({ file }) => file));
  found.forEach(({ predictions, logits = [] }, i) => {
    const { predictions: other, logits: otherLogits = [] } = expected[i]!;
    expect(predictions.map(({ label }) => label)).toEqual(other.map(({ label }) => label));
    predictions.forEach(({ probability }, k) => {
      expect(probability).toBeCloseTo(other[k]!.probability, 5);
    });
    expect(logits).toHaveLength(otherLogits.length);
    logits.forEach((value, k) => {
      expect(value).toBeCloseTo(otherLogits[k]!, 5);
    });
  });
}

describe('predict', () => {
  test('ranks the classes of each file, likeliest first, by the logits of its pixels', async () => {
    const found = await predict(model, files, { top: 7, logits: true, batchSize: 2 });
    expect(found.map(({ file }) => file)).toEqual(files);
    const { data } = await model.logits({ data: pixels, shape: [3, 8, 8, 3] });
    for (const [i, { predictions, logits }] of found.entries()) {
      const expected = Array.from(data.subarray(7 * i, 7 * i + 7));
      logits!.forEach((value, k) => {
        expect(value).toBeCloseTo(expected[k]!, 4);
      });
      const order = expected.map((_, k) => k).sort((a, b) => expected[b]! - expected[a]!);
      expect(predictions.map(({ index }) => index)).toEqual(order);
      expect(predictions.map(({ label }) => label)).toEqual(order.map((k) => `class ${k}`));
      const sum = expected.reduce((total, value) => total + Math.exp(value), 0);
      for (const { index, probability } of predictions) {
        expect(probability).toBeCloseTo(Math.exp(expected[index]!) / sum, 5);
      }
    }
  });

  test('gives five classes unless told otherwise, and no logits', async () => {
    const [first] = await predict(model, files.slice(0, 1));
    expect(first!.predictions).toHaveLength(5);
    expect(first).not.toHaveProperty('logits');
    const [one] = await predict(model, files.slice(0, 1), { top: 1 });
    expect(one!.predictions).toEqual(first!.predictions.slice(0, 1));
  });

  test('averages the probabilities of views', async () => {
    const plain = await predict(model, files, { top: 7, logits: true });
    const [first] = await predict(model, files.slice(0, 1), { top: 7, logits: true, tta: 'flip' });
    const mirrored = Uint8Array.from({ length: 192 }, (_, i) => {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % 8, Math.floor(i / 24)];
      return pixels[(y * 8 + 7 - x) * 3 + c]!;
    });
    const { data } = await model.logits({ data: mirrored, shape: [1, 8, 8, 3] });
    const [p, q] = [softmax(Float32Array.from(plain[0]!.logits!)), softmax(data)];
    for (const { index, probability } of first!.predictions) {
      expect(probability).toBeCloseTo((p[index]! + q[index]!) / 2, 5);
      expect(first!.logits![index]).toBeCloseTo(Math.log((p[index]! + q[index]!) / 2), 4);
    }
    expect(await predict(model, files, { top: 7, logits: true, tta: 'none' })).toEqual(plain);
  });

  test('refuses mirror images where they mean something else', async () => {
    await expect(predict(model, files, { tta: 'flip', mirrors: false })).rejects.toThrow(
      /--tta flip mirrors images/,
    );
  });

  test('no files, no predictions', async () => {
    expect(await predict(model, [])).toEqual([]);
  });

  test('takes images that are no files', async () => {
    const [expected] = await predict(model, files.slice(0, 1));
    const content = readFileSync(files[0]!);
    const [found] = await predict(model, [{ name: 'from memory', read: async () => content }]);
    expect(found).toEqual({ ...expected, file: 'from memory' });
  });

  test('leaves out images that cannot be read, when it is asked to, and tells why', async () => {
    const broken = folder.write('unreadable.png', 'no image');
    const missing = join(folder.path, 'missing.png');
    const reasons: string[] = [];
    const embeddings = join(folder.path, 'skipping.npy');
    const given = [broken, files[0]!, broken, missing, files[1]!];
    const progress: number[] = [];
    const found = await predict(model, given, {
      batchSize: 2,
      embeddings,
      onBadImage: (reason) => reasons.push(reason),
      onProgress: (done) => progress.push(done),
    });
    expectAlike(found, await predict(model, files.slice(0, 2)));
    expect(reasons.map((reason) => /^Cannot read the image (.*?): /.exec(reason)![1])).toEqual([
      broken,
      broken,
      missing,
    ]);
    expect(progress).toEqual([2, 5]);
    expect(readNpy(embeddings).shape).toEqual([2, 6]);
    expect(await predict(model, [broken], { onBadImage: () => {} })).toEqual([]);
  });

  test('writes the features that the classifier takes', async () => {
    const embeddings = join(folder.path, 'features.npy');
    const plain = await predict(model, files, { logits: true, top: 7 });
    const found = await predict(model, files, { embeddings, batchSize: 2, logits: true, top: 7 });
    expectAlike(found, plain);
    const { shape, values } = readNpy(embeddings);
    expect(shape).toEqual([3, 6]);
    // Times the kernel, plus the bias, they are the logits.
    const weights = await drawnWeights();
    const kernel = weights.get('predictions/kernel')!.data as Float32Array;
    const bias = weights.get('predictions/bias')!.data as Float32Array;
    for (const [i, { logits }] of found.entries()) {
      for (let k = 0; k < 7; k++) {
        let sum = bias[k]!;
        for (let c = 0; c < 6; c++) sum += values[6 * i + c]! * kernel[7 * c + k]!;
        expect(logits![k]).toBeCloseTo(sum, 4);
      }
    }
    expect(JSON.parse(readFileSync(join(folder.path, 'features.names.json'), 'utf8'))).toEqual(files);
    // Other views change the predictions, not the features.
    const flipped = await predict(model, files, { embeddings, tta: 'flip', logits: true, top: 7 });
    expectAlike(flipped, await predict(model, files, { tta: 'flip', logits: true, top: 7 }));
    readNpy(embeddings).values.forEach((value, i) => {
      expect(value).toBeCloseTo(values[i]!, 5);
    });
  });

  test('explains each image, and a class that is asked for', async () => {
    const out = join(folder.path, 'explained');
    const content = readFileSync(files[0]!);
    const unnamed = { name: '-', read: async () => content };
    await predict(model, [...files, files[0]!, unnamed], { explain: { folder: out }, batchSize: 2 });
    expect(readdirSync(out).sort()).toEqual([
      '0-2.cam.png',
      '0.cam.png',
      '1.cam.png',
      '2.cam.png',
      'stdin.cam.png',
    ]);
    const { width, height, channels } = await sharp(join(out, '0.cam.png')).metadata();
    expect([width, height! > width!, channels]).toEqual([224, true, 3]);
    const [one] = await predict(model, files.slice(0, 1), { top: 7 });
    const other = join(folder.path, 'other');
    const last = one!.predictions.at(-1)!.label;
    await predict(model, files.slice(0, 1), { explain: { folder: other, class: last } });
    const [a, b] = [out, other].map((place) => readFileSync(join(place, '0.cam.png')));
    expect(a!.equals(b!)).toBe(false);
    const unknown = predict(model, files, { explain: { folder: other, class: 'class 9' } });
    await expect(unknown).rejects.toThrow(/Unknown class 'class 9'\. Did you mean 'class \d'\?/);
  });

  test('frees all that it took, where something fails on the way', async () => {
    const place = folder.write('taken', 'a file');
    const explained = predict(model, files, { explain: { folder: join(place, 'below') } });
    await expect(explained).rejects.toThrow(/Cannot write .*taken.*Name another folder/);
    const visited = predictEach(model, files, { embeddings: join(folder.path, 'visit.npy') }, () => {
      throw new Error('enough');
    });
    await expect(visited).rejects.toThrow('enough');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('visit'))).toEqual([]);
    expect(Tensor.liveCount).toBe(0);
  });

  test('an unreadable file is named, and a wrong number of classes refused', async () => {
    const broken = folder.write('broken.jpg', 'no image');
    const error: unknown = await predict(model, [files[0]!, broken]).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(`Cannot read the image ${broken}`);
    await expect(predict(model, files, { top: 0 })).rejects.toThrow(
      'Expected a whole number of 1 or more for top, received 0.',
    );
  });
});
