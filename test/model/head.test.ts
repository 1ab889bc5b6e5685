import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import type { InitializerConfig, LayerOutput } from '../../models/functional-builder.js';
import { InputError } from '../../src/errors.js';
import { buildForward, type HeadOptions, Model, swapHead, withDropout } from '../../src/model/index.js';
import { chainToGraph } from '../../src/model/sequential.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallModel } from '../train/small-network.js';
import { layerModel } from './layer-model.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const ZEROS: InitializerConfig = { class_name: 'Zeros', config: {} };
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
    const model = swapHead(given(), { classes: LABELS });
    expect(model.labels).toEqual(LABELS);
    expect(await logitsOf(model)).toEqual([0, 0, 0, 0, 0]);
  });

  test('variance: drawn from its seed', async () => {
    const draw = (seed: number) =>
      logitsOf(swapHead(given(), { classes: LABELS, initializer: 'variance', seed }));
    const first = await draw(1);
    expect(new Set(first).size).toBe(5);
    expect(await draw(1)).toEqual(first);
    expect(await draw(2)).not.toEqual(first);
  });

  test('shares the other weights and leaves the model as it was', async () => {
    const base = given();
    const before = await logitsOf(base);
    const model = swapHead(base, { classes: LABELS });
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
    const swapped = swapHead(model, { classes: LABELS });
    expect(buildForward(swapped.topology, { training: false }).classes).toBe(5);
  });

  test('a number of classes gives labels that are indices', async () => {
    const model = swapHead(given(), { classes: 4 });
    expect(model.labels).toEqual(['0', '1', '2', '3']);
    expect(await logitsOf(model)).toEqual([0, 0, 0, 0]);
  });

  test('a bias start is what a zeroed classifier says', async () => {
    const biasStart = [0.5, -1, 0, 2, -0.25];
    expect(await logitsOf(swapHead(given(), { classes: LABELS, biasStart }))).toEqual(biasStart);
  });

  test('what cannot be is refused by name', () => {
    const refused = (options: HeadOptions) => {
      try {
        swapHead(given(), options);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as InputError).message;
      }
      throw new Error('expected an error');
    };
    expect(refused({ classes: ['a'] })).toBe('Expected two labels or more for classes, received 1.');
    expect(refused({ classes: 1.5 })).toMatch(/a number of 2 or more for classes, received 1.5/);
    expect(refused({ classes: LABELS, dropout: 1 })).toMatch(
      /a rate of 0 to below 1 for dropout, received 1/,
    );
    expect(refused({ classes: LABELS, hidden: 0 })).toMatch(/1 or more for hidden, received 0/);
    expect(refused({ classes: LABELS, hidden: { units: 4, dropout: -1 } })).toMatch(/for hidden.dropout/);
    expect(refused({ classes: LABELS, biasStart: [1] })).toMatch(/one number a class \(5\) for biasStart/);
    expect(refused({ classes: LABELS, hidden: 4, keepMatchingClasses: true })).toMatch(
      /keepMatchingClasses.*leave out one of the two/,
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

  test('dropout is added in front of a classifier that has none, and only when it is above 0', async () => {
    const plain = smallModel();
    expect(rates(withDropout(plain, { dropout: 0 }))).toEqual([]);
    const dropped = withDropout(plain, { dropout: 0.5 });
    expect(rates(dropped)).toEqual([{ name: 'top_dropout', rate: 0.5, branch: false }]);
    const layers = chainToGraph(dropped.topology).config.layers;
    expect(layers.at(-1)!.inbound_nodes).toEqual([[['top_dropout', 0, 0, {}]]]);
    expect(layers.at(-2)!.inbound_nodes).toEqual([[['average', 0, 0, {}]]]);
    expect(await logitsOf(dropped)).toEqual(await logitsOf(plain));
  });

  test('drop-connect comes to residual branches that have none', () => {
    // ResNet's order: the shortcut is the first input, and a projected one cannot be dropped around.
    const topology = layerModel([8, 8, 3], (b, x) => {
      const conv = (name: string, y: LayerOutput) =>
        b.conv2d(name, y, { filters: 3, kernelSize: 3, initializer: ZEROS });
      x = b.activation('relu1', b.add('add1', [x, conv('conv1', x)]), 'relu');
      x = b.add('projected', [conv('shortcut', x), conv('conv2', x)]);
      x = b.add('add2', [conv('conv4', conv('conv3', x)), x]);
      return b.dense('predictions', b.globalAveragePooling2d('pool', x), { units: 3, initializer: ZEROS });
    });
    const residual = new Model({ ...given(), weights: new Map(), topology });
    const dropped = withDropout(residual, { dropConnect: 0.4 });
    expect(rates(dropped)).toEqual([
      { name: 'add1_drop', rate: 0.2, branch: true },
      { name: 'add2_drop', rate: 0.4, branch: true },
    ]);
    const inputs = Object.fromEntries(
      chainToGraph(dropped.topology).config.layers.map(({ name, inbound_nodes }) => [
        name,
        inbound_nodes!.flat().map(([source]) => source),
      ]),
    );
    expect(inputs.add1).toEqual(['input', 'add1_drop']);
    expect(inputs.add1_drop).toEqual(['conv1']);
    expect(inputs.add2).toEqual(['add2_drop', 'projected']);
    expect(inputs.add2_drop).toEqual(['conv4']);
    const forward = buildForward(dropped.topology, { training: true });
    expect([forward.random, forward.inputShape]).toEqual([true, [8, 8, 3]]);
    expect(() => withDropout(residual, { dropConnect: 1 })).toThrow(/below 1 for dropConnect/);
  });

  test('drop-connect without residual branches is refused, 0 is not', () => {
    const topology = layerModel([8, 8, 3], (b, x) =>
      b.dense('predictions', b.globalAveragePooling2d('pool', x), { units: 3, initializer: ZEROS }),
    );
    const straight = new Model({ ...given(), weights: new Map(), topology });
    expect(rates(withDropout(straight, { dropConnect: 0 }))).toEqual([]);
    expect(() => withDropout(straight, { dropConnect: 0.2 })).toThrow(
      /'layers' has no residual branches.*Leave drop-connect out/,
    );
  });
});
