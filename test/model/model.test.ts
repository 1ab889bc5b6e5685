import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { Model, type Pixels } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { arrayDataset, smallModel, smallTopology } from '../train/small-network.js';

let model: Model;
const use = (created: Model): Model => {
  model = created;
  return created;
};
afterEach(async () => {
  await model?.dispose();
  expect(Tensor.liveCount).toBe(0);
});

/** Images that look random, as pixels. */
function pixelsOf(batch: number, side: number): Pixels {
  const { source } = arrayDataset(batch, { side });
  if (source.kind !== 'array') throw new Error('expected an array');
  return { data: source.pixels, shape: [batch, side, side, 3] };
}

function maxDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

describe('logits', () => {
  test('are [batch, classes], the same for bytes and for floats of the same values', async () => {
    use(smallModel());
    const { data, shape } = pixelsOf(4, 8);
    const bytes = await model.logits({ data, shape });
    const floats = await model.logits({ data: Float32Array.from(data), shape });
    expect(bytes.shape).toEqual([4, 3]);
    expect(bytes.data).toHaveLength(12);
    expect(maxDifference(bytes.data, floats.data)).toBe(0);
  });

  test('with preprocess: false the values go in as they are, from either type', async () => {
    use(smallModel());
    const { data, shape } = pixelsOf(4, 8);
    const prepared = await model.logits({ data, shape });
    const scaled = Float32Array.from(data, (x) => (x - 127) / 128);
    const raw = await model.logits({ data: scaled, shape }, { preprocess: false });
    expect(maxDifference(prepared.data, raw.data)).toBeLessThan(1e-5);
    const bytes = await model.logits({ data, shape }, { preprocess: false });
    const floats = await model.logits({ data: Float32Array.from(data), shape }, { preprocess: false });
    expect(maxDifference(bytes.data, floats.data)).toBe(0);
    expect(maxDifference(bytes.data, prepared.data)).toBeGreaterThan(0.1);
  });

  test('images of another size are resized', async () => {
    use(smallModel());
    // Each pixel four times: their resize to half is exact.
    const { data, shape } = pixelsOf(2, 8);
    const doubled = new Uint8Array(2 * 16 * 16 * 3).map((_, i) => {
      const [n, y, x, c] = [Math.floor(i / 768), Math.floor(i / 48) % 16, Math.floor(i / 3) % 16, i % 3];
      return data[((n * 8 + (y >> 1)) * 8 + (x >> 1)) * 3 + c]!;
    });
    const expected = await model.logits({ data, shape });
    const found = await model.logits({ data: doubled, shape: [2, 16, 16, 3] });
    expect(maxDifference(found.data, expected.data)).toBeLessThan(1e-5);
    const wide = await model.logits({ data: new Uint8Array(20 * 9 * 3), shape: [1, 20, 9, 3] });
    expect(wide.shape).toEqual([1, 3]);
  });

  test.each<[string, Pixels, boolean, string]>([
    ['gray images', { data: new Uint8Array(64), shape: [1, 8, 8, 1] }, true, '[batch, height, width, 3]'],
    [
      'no batch',
      { data: new Uint8Array(192), shape: [8, 8, 3] as unknown as Pixels['shape'] },
      true,
      '[batch, height, width, 3]',
    ],
    ['an empty batch', { data: new Uint8Array(0), shape: [0, 8, 8, 3] }, true, '[batch, height, width, 3]'],
    [
      'a size in fractions',
      { data: new Uint8Array(192), shape: [1.5, 8, 8, 3] },
      true,
      '[batch, height, width, 3]',
    ],
    [
      'another size without preprocessing',
      { data: new Float32Array(9 * 9 * 3), shape: [1, 9, 9, 3] },
      false,
      '[batch, 8, 8, 3]',
    ],
    ['too few values', { data: new Uint8Array(100), shape: [1, 8, 8, 3] }, true, '192 values for [1,8,8,3]'],
  ])('%s are refused, with what is expected', async (_name, pixels, preprocess, expected) => {
    use(smallModel());
    const error = await model.logits(pixels, { preprocess }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(`Expected ${expected}`);
  });
});

describe('dispose', () => {
  test('can be repeated, and the model used again', async () => {
    use(smallModel());
    const pixels = pixelsOf(2, 8);
    const first = await model.logits(pixels);
    await model.dispose();
    await model.dispose();
    expect((await model.logits(pixels)).data).toEqual(first.data);
  });

  test('of a model that never ran does nothing', () => smallModel().dispose());

  test('waits for what runs', async () => {
    use(smallModel());
    await model.logits(pixelsOf(1, 8));
    const running = Promise.all([model.logits(pixelsOf(2, 8)), model.logits(pixelsOf(3, 8))]);
    await model.dispose();
    expect((await running).map(({ shape }) => shape[0])).toEqual([2, 3]);
  });
});

describe('weights that are missing', () => {
  const logitsFor = async (seed: number) => {
    const drawn = smallModel({ seed });
    const { data } = await drawn.logits(pixelsOf(2, 8));
    await drawn.dispose();
    return data;
  };

  test('are drawn: the same for the same seed, others for another', async () => {
    const first = await logitsFor(1);
    expect(await logitsFor(1)).toEqual(first);
    expect(await logitsFor(2)).not.toEqual(first);
  });

  test('are drawn by their own name: what else is given makes no difference', async () => {
    const pixels = pixelsOf(1, 8);
    const kernel = { dtype: 'float32' as const, shape: [6, 3], data: new Float32Array(18) };
    const bias = { dtype: 'float32' as const, shape: [3], data: Float32Array.of(1, 2, 3) };
    use(
      smallModel({
        weights: new Map([
          ['predictions/kernel', kernel],
          ['predictions/bias', bias],
        ]),
      }),
    );
    expect([...(await model.logits(pixels)).data]).toEqual([1, 2, 3]);
  });
});

test('inputShape is [height, width, channels] at the image size of the model', () => {
  expect(use(smallModel()).inputShape).toEqual([8, 8, 3]);
  const { labels, preprocessing, weights } = model;
  const larger = new Model({ topology: smallTopology(), labels, preprocessing, weights, imageSize: 12 });
  expect(larger.inputShape).toEqual([12, 12, 3]);
});

test('a start that fails leaves nothing, and says so again at the next call', async () => {
  const wrong = { dtype: 'float32' as const, shape: [3], data: new Float32Array(5) };
  use(smallModel({ weights: new Map([['predictions/bias', wrong]]) }));
  for (let i = 0; i < 2; i++) {
    await expect(model.logits(pixelsOf(1, 8))).rejects.toThrow(/'predictions\/bias', received 5/);
  }
});
