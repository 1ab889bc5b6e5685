import { describe, expect, test } from 'vitest';
import { layerModel } from './layer-model.js';
import { runLayers } from './run-layers.js';

const BATCH = 64;
const SHAPE = [BATCH, 8, 8, 4];
const PER_IMAGE = 8 * 8 * 4;
const ones = { values: new Float32Array(BATCH * PER_IMAGE).fill(1), shape: SHAPE };

interface Drop {
  rate: number;
  noiseShape?: (number | null)[] | null;
  /** Layers before the one that drops. */
  before?: number;
  seed?: bigint[];
  training?: boolean;
}

/** What a dropout makes of ones: its mask, scaled. */
async function mask({ rate, noiseShape, before = 0, seed = [1n, 0n], training = true }: Drop) {
  const topology = layerModel([8, 8, 4], (b, x) => {
    let y = x;
    for (let i = 0; i < before; i++) y = b.activation(`same${i}`, y, 'linear');
    return b.dropout('drop', y, { rate, noiseShape });
  });
  return (await runLayers(topology, new Map(), ones, { training, seed })).output;
}

const meanOf = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;

describe('dropout', () => {
  test.each([0.1, 0.5, 0.9])('zeroes a share of %f and scales the others', async (rate) => {
    const found = await mask({ rate });
    const dropped = found.filter((value) => value === 0).length / found.length;
    // 16,384 draws: four standard deviations.
    expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / found.length));
    for (const value of new Set(found)) if (value !== 0) expect(value).toBeCloseTo(1 / (1 - rate), 5);
    expect(new Set(found).size).toBe(2);
  });

  test('draws for each value of each image', async () => {
    const found = await mask({ rate: 0.5 });
    const images = Array.from({ length: BATCH }, (_, i) =>
      found.slice(i * PER_IMAGE, (i + 1) * PER_IMAGE).join(),
    );
    expect(new Set(images).size).toBe(BATCH);
  });

  test('is the identity at inference, and at a rate of zero', async () => {
    expect(await mask({ rate: 0.5, training: false })).toEqual(ones.values);
    expect(await mask({ rate: 0 })).toEqual(ones.values);
  });
});

describe('drop-connect', () => {
  test('drops whole images', async () => {
    const rate = 0.25;
    const found = await mask({ rate, noiseShape: [null, 1, 1, 1] });
    const means = Array.from({ length: BATCH }, (_, i) => {
      const image = found.subarray(i * PER_IMAGE, (i + 1) * PER_IMAGE);
      expect(new Set(image).size).toBe(1);
      return image[0]!;
    });
    expect(new Set(means)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    expect(means.filter((value) => value === 0).length).toBeLessThan(BATCH / 2);
  });

  test('with a fixed size in its noise shape drops whole channels of all images', async () => {
    const found = await mask({ rate: 0.5, noiseShape: [1, 1, 1, null], seed: [2n, 0n] });
    const channels = [0, 1, 2, 3].map((c) => new Set(found.filter((_, i) => i % 4 === c)));
    for (const values of channels) expect(values.size).toBe(1);
  });
});

describe('the mask', () => {
  test('is the same for the same seed and step', async () => {
    const drop = { rate: 0.5, seed: [7n, 3n] };
    expect(await mask(drop)).toEqual(await mask(drop));
  });

  test.each([
    ['seed', { seed: [8n, 3n] }],
    ['step', { seed: [7n, 4n] }],
    ['place in the network', { before: 1 }],
  ])('is another for another %s', async (_name, other) => {
    const drop = { rate: 0.5, seed: [7n, 3n] };
    const [one, two] = [await mask(drop), await mask({ ...drop, ...other })];
    const agreeing = one.filter((value, i) => value === two[i]).length / one.length;
    // Masks that are independent agree in half of their places.
    expect(Math.abs(agreeing - 0.5)).toBeLessThan(0.02);
  });

  test('of two layers of one network differs', async () => {
    const topology = layerModel([8, 8, 4], (b, x) =>
      b.layer(
        'Concatenate',
        'both',
        [b.dropout('one', x, { rate: 0.5 }), b.dropout('two', x, { rate: 0.5 })],
        { axis: -1 },
        [8, 8, 8],
      ),
    );
    const { output } = await runLayers(topology, new Map(), ones, { training: true });
    const pairs = Array.from({ length: output.length / 8 }, (_, i) =>
      [0, 1, 2, 3].map((c) => output[8 * i + c] === output[8 * i + 4 + c]),
    ).flat();
    expect(meanOf(Float32Array.from(pairs, Number))).toBeCloseTo(0.5, 1);
  });
});
