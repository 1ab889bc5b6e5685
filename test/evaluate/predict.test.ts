import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { predict, softmax } from '../../src/evaluate/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { arrayDataset, smallModel } from '../train/small-network.js';
import { temporaryFolder } from '../weights/temporary-folder.js';

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
