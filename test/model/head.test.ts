import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue.js';
import { InputError } from '../../src/errors.js';
import { buildForward, Model, swapHead, withDropout } from '../../src/model/index.js';
import { chainToGraph } from '../../src/model/sequential.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallModel } from '../train/small-network.js';
import { layerModel } from './layer-model.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const LABELS = ['a', 'b', 'c', 'd', 'e'];
const pixels = {
  data: Uint8Array.from({ length: 192 }, (_, i) => (i * 89) % 256),
  shape: [1, 8, 8, 3],
} as const;

async function logitsOf(model: Model): Promise<number[]> {
  const { data } = await model.logits(pixels);
  await model.dispose();
  return [...data];
}

/** A small model whose weights are all given. */
function given(): Model {
  const drawn = smallModel();
  for (const { name, shape } of buildForward(drawn.topology, { training: false }).weights) {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => ((i * 7) % 11) / 11,
    );
    drawn.weights.set(name, { dtype: 'float32', shape, data });
  }
  return drawn;
}

describe('swapHead', () => {
  test('zeros: all logits are zero, one a label', async () => {
    const model = swapHead(given(), { labels: LABELS });
    expect(model.labels).toEqual(LABELS);
    expect(await logitsOf(model)).toEqual([0, 0, 0, 0, 0]);
  });

  test('variance: drawn from its seed', async () => {
    const draw = (seed: number) =>
      logitsOf(swapHead(given(), { labels: LABELS, initializer: 'variance', seed }));
    const first = await draw(1);
    expect(new Set(first).size).toBe(5);
    expect(await draw(1)).toEqual(first);
    expect(await draw(2)).not.toEqual(first);
  });

  test('shares the other weights and leaves the model as it was', async () => {
    const base = given();
    const before = await logitsOf(base);
    const model = swapHead(base, { labels: LABELS });
    expect([...model.weights.keys()]).toEqual(
      [...base.weights.keys()].filter((name) => !name.startsWith('predictions/')),
    );
    for (const [name, weight] of model.weights) expect(weight).toBe(base.weights.get(name));
    expect([base.labels.length, before.length]).toEqual([3, 3]);
    expect(await logitsOf(base)).toEqual(before);
    expect([model.imageSize, model.preprocessing, model.origin]).toEqual([
      8,
      base.preprocessing,
      base.origin,
    ]);
  });

  test('goes past a softmax at the end', () => {
    const base = findBase('efficientnet-lite0')!;
    const model = new Model({
      ...base,
      topology: base.build({ imageSize: 32 }),
      weights: new Map(),
      labels: [],
      imageSize: 32,
    });
    const swapped = swapHead(model, { labels: LABELS });
    expect(buildForward(swapped.topology, { training: false }).classes).toBe(5);
  });

  test('fewer than two labels, and a network without a dense layer at its end, are refused', () => {
    expect(() => swapHead(given(), { labels: ['a'] })).toThrow(
      'Expected two classes or more for labels, received 1.',
    );
    const topology = layerModel([8, 8, 3], (b, x) => b.globalAveragePooling2d('pool', x));
    const headless = new Model({ ...given(), topology });
    expect(() => swapHead(headless, { labels: LABELS })).toThrow(InputError);
    expect(() => swapHead(headless, { labels: LABELS })).toThrow(
      /ends in 'pool', a GlobalAveragePooling2D; expected a Dense/,
    );
  });
});

describe('withDropout', () => {
  const rates = (model: Model) =>
    chainToGraph(model.topology)
      .config.layers.filter(({ class_name }) => class_name === 'Dropout')
      .map(({ name, config }) => ({ name, rate: Number(config.rate), branch: config.noise_shape != null }));
  const base = findBase('efficientnet-b0')!;
  const b0 = new Model({
    ...base,
    topology: base.build({ imageSize: 32 }),
    weights: new Map(),
    labels: [],
    imageSize: 32,
  });

  test('drop-connect is that of the last block, and grows with depth as before', () => {
    const before = rates(b0).filter(({ branch }) => branch);
    const after = rates(withDropout(b0, { dropConnect: 0.4 })).filter(({ branch }) => branch);
    const largest = Math.max(...before.map(({ rate }) => rate));
    expect(after).toHaveLength(before.length);
    expect(after.length).toBeGreaterThan(5);
    expect(after.at(-1)!.rate).toBeCloseTo(0.4, 10);
    after.forEach(({ rate }, i) => {
      expect(rate / 0.4).toBeCloseTo(before[i]!.rate / largest, 10);
    });
  });

  test('dropout is the one before the classifier', () => {
    const before = rates(b0);
    const after = rates(withDropout(b0, { dropout: 0.35 }));
    expect(after.map(({ rate, branch }) => (branch ? rate : undefined))).toEqual(
      before.map(({ rate, branch }) => (branch ? rate : undefined)),
    );
    expect(after.filter(({ branch }) => !branch).map(({ rate }) => rate)).toEqual([0.35]);
  });

  test('0 switches both off, and what was off grows evenly when it is switched on', () => {
    const off = withDropout(b0, { dropout: 0, dropConnect: 0 });
    expect(rates(off).every(({ rate }) => rate === 0)).toBe(true);
    expect(buildForward(off.topology, { training: true }).random).toBe(false);
    const on = rates(withDropout(off, { dropConnect: 0.2 })).filter(({ branch }) => branch);
    on.forEach(({ rate }, i) => {
      expect(rate).toBeCloseTo((0.2 * (i + 1)) / on.length, 10);
    });
  });

  test('nothing asked for changes nothing; the given model never changes', () => {
    const before = structuredClone(b0.topology);
    expect(withDropout(b0, {}).topology).toEqual(before);
    withDropout(b0, { dropout: 0.9, dropConnect: 0.9 });
    expect(b0.topology).toEqual(before);
  });
});
