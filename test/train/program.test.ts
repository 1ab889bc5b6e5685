import { afterEach, describe, expect, test, vi } from 'vitest';
import { OPTIMIZERS, type OptimizerName } from '../../src/optimize/index.js';
import { Graph, Tensor } from '../../src/tensorflow/index.js';
import { Program } from '../../src/train/index.js';
import { batchOf, differing, runSteps } from './run-steps.js';
import { plain, smallModel, smallTopology } from './small-network.js';

const random = { dropout: 0.3, dropConnect: 0.3 };

afterEach(() => {
  vi.restoreAllMocks();
  expect(Tensor.liveCount).toBe(0);
});

describe('rho = 0 equals the base optimizer bit for bit', () => {
  test.each(Object.keys(OPTIMIZERS) as OptimizerName[])(
    '%s: weights, statistics and slots, with dropout and drop-connect',
    async (optimizer) => {
      const model = smallModel(random);
      const options = { ...plain, optimizer, augmentations: ['flip', 'crop'] as const, clipNorm: 0.5 };
      const sam = await runSteps(model, { ...options, sam: { method: 'sam' } }, { rho: 0 });
      const base = await runSteps(model, { ...options, sam: undefined }, { rho: 0 });
      expect(sam.weights.size).toBe(12);
      // One of each kind for each of the 8 weights.
      expect(sam.slots.size).toBe(8 * OPTIMIZERS[optimizer].slots.length);
      expect(differing(sam.weights, base.weights)).toEqual([]);
      expect(differing(sam.slots, base.slots)).toEqual([]);
      for (const [i, { loss, perturbedLoss, gradNorm }] of sam.results.entries()) {
        // Both passes saw the same images under the same masks.
        expect(perturbedLoss).toBe(loss);
        expect(loss).toBe(base.results[i]!.loss);
        expect(gradNorm).toBe(base.results[i]!.gradNorm);
      }
    },
  );

  test('and a rho above zero does not: the comparison can tell', async () => {
    const model = smallModel(random);
    const sam = await runSteps(model, plain, { rho: 0.05 });
    const base = await runSteps(model, { ...plain, sam: undefined }, { rho: 0.05 });
    expect(differing(sam.weights, base.weights)).toHaveLength(12);
    for (const { loss, perturbedLoss } of sam.results) expect(perturbedLoss).toBeGreaterThan(loss);
    for (const result of base.results) expect(result).not.toHaveProperty('perturbedLoss');
  });
});

test('moving statistics after a SAM step are those of a plain step, bit for bit', async () => {
  const model = smallModel(random);
  const sam = await runSteps(model, plain, { rho: 0.5, steps: 1 });
  const base = await runSteps(model, { ...plain, sam: undefined }, { rho: 0, steps: 1 });
  const moving = [...sam.weights.keys()].filter((name) => name.includes('/moving_'));
  expect(moving).toHaveLength(4);
  const changed = differing(sam.weights, base.weights);
  expect(changed.filter((name) => moving.includes(name))).toEqual([]);
  // The weights themselves do differ.
  expect(changed).toContain('stem_conv/kernel');
});

test('moving statistics move by the momentum that the program is given, or by the layer’s own', async () => {
  const after = async (bnMomentum?: number) => {
    const { weights } = await runSteps(smallModel(), { ...plain, bnMomentum }, { rho: 0.05, steps: 1 });
    return Array.from(weights.get('stem_bn/moving_mean')!.data as Float32Array);
  };
  const [own, given] = [await after(), await after(0.8)];
  // They start at zero; the layer's own momentum is 0.99.
  for (const [i, value] of own.entries()) {
    expect(Math.abs(value)).toBeGreaterThan(0);
    expect(given[i]! / value).toBeCloseTo(0.2 / 0.01, 3);
  }
});

test('a gradient of zero leaves the weights as they are, without NaN', async () => {
  // All classes are equally wanted and equally likely: the loss is at its minimum over the logits.
  const model = smallModel();
  const zero = (shape: number[]) => ({
    dtype: 'float32' as const,
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)),
  });
  model.weights.set('predictions/kernel', zero([6, 3])).set('predictions/bias', zero([3]));
  const options = { ...plain, labelSmoothing: 1, weightDecay: 0 };
  const before = await runSteps(model, options, { rho: 0.05, steps: 0 });
  const after = await runSteps(model, options, { rho: 0.05, steps: 3 });
  for (const { loss, perturbedLoss, gradNorm } of after.results) {
    expect(gradNorm).toBe(0);
    expect(loss).toBeCloseTo(Math.log(3), 6);
    expect(perturbedLoss).toBe(loss);
  }
  const changed = differing(before.weights, after.weights);
  expect(changed.filter((name) => !name.includes('/moving_'))).toEqual([]);
  for (const { data } of after.weights.values())
    expect((data as Float32Array).every(Number.isFinite)).toBe(true);
});

describe('the batch', () => {
  test('is augmented once, and both passes take it from there', () => {
    const imports = vi.spyOn(Graph.prototype, 'import');
    const program = Program.create(smallModel(random), { ...plain, augmentations: ['flip', 'crop'] });
    const bindingsOf = (prefix: string) =>
      imports.mock.calls.filter((call) => call[1] === prefix).map((call) => call[2] ?? {});
    expect(bindingsOf('batch')).toHaveLength(1);
    const passes = ['clean', 'perturbed'].flatMap(bindingsOf);
    expect(passes).toHaveLength(2);
    for (const { images, seed } of passes) {
      expect(images).toBe('batch/images');
      expect(seed).toBe('batch/seed');
    }
    const targets = ['clean/objective', 'perturbed/objective'].flatMap(bindingsOf);
    expect(targets.map((bindings) => bindings.targets)).toEqual(['batch/targets', 'batch/targets']);
    return program.close();
  });

  test('decides the result together with seed and step', async () => {
    const model = smallModel(random);
    const losses = async (seed: number) =>
      (await runSteps(model, { ...plain, seed }, { rho: 0.05 })).results.map(({ loss }) => loss);
    expect(await losses(1)).toEqual(await losses(1));
    expect(await losses(1)).not.toEqual(await losses(2));
  });
});

test('clipping bounds what the optimizer gets; the norm that is reported is the one before', async () => {
  const model = smallModel();
  const options = { ...plain, optimizer: 'sgd' as const, weightDecay: 0 };
  const moved = async (clipNorm?: number) => {
    const start = await runSteps(model, options, { rho: 0.05, steps: 0 });
    const { weights, results } = await runSteps(
      model,
      { ...options, clipNorm },
      { rho: 0.05, steps: 1, learningRate: 1 },
    );
    let squares = 0;
    for (const name of weights.keys()) {
      if (name.includes('/moving_')) continue;
      const [a, b] = [start, { weights }].map((each) => each.weights.get(name)!.data as Float32Array);
      a!.forEach((value, i) => {
        squares += (value - b![i]!) ** 2;
      });
    }
    return { distance: Math.sqrt(squares), gradNorm: results[0]!.gradNorm };
  };
  const free = await moved();
  expect(free.distance).toBeCloseTo(free.gradNorm, 5);
  const clipped = await moved(free.gradNorm / 4);
  expect(clipped.gradNorm).toBe(free.gradNorm);
  expect(clipped.distance).toBeCloseTo(free.gradNorm / 4, 5);
  const loose = await moved(free.gradNorm * 4);
  expect(loose.distance).toBeCloseTo(free.gradNorm, 5);
});

test('state goes into another program, which then does the same steps', async () => {
  const model = smallModel(random);
  const program = Program.create(model, plain);
  const { images, labels } = batchOf(6);
  const input = (step: number) => ({ batches: [{ images, labels }], step, learningRate: 0.05, rho: 0.05 });
  await program.start();
  await program.step(input(0));
  const middle = await program.state();
  await program.step(input(1));
  const end = await program.state();
  await program.close();

  const other = Program.create(model, plain);
  await other.start(middle);
  await other.step(input(1));
  const resumed = await other.state();
  await other.close();
  images.dispose();
  labels.dispose();
  expect(differing(resumed.weights, end.weights)).toEqual([]);
  expect(differing(resumed.optimizer, end.optimizer)).toEqual([]);
  expect(differing(middle.weights, end.weights)).toHaveLength(12);
});

test('logits are those of a model with the present weights: at first, of the model itself', async () => {
  const model = smallModel(random);
  const { images, labels } = batchOf(6);
  const program = Program.create(model, plain);
  await program.start();
  const first = await program.logits(images);
  await program.step({ batches: [{ images, labels }], step: 0, learningRate: 0.1, rho: 0.05 });
  const found = await program.logits(images);
  const trained = smallModel({ ...random, weights: await program.weights() });
  await program.close();
  const expected = await trained.run(images);
  const before = await model.run(images);
  expect([...found.data]).toEqual([...expected.data]);
  // Weights that are drawn are those that the model itself draws, whatever the seed of the run.
  expect([...first.data]).toEqual([...before.data]);
  expect([...found.data]).not.toEqual([...before.data]);
  for (const tensor of [first, found, expected, before, images, labels]) tensor.dispose();
  await trained.dispose();
  await model.dispose();
});

test('a topology that is not supported leaves nothing allocated', () => {
  const topology = smallTopology();
  topology.config.layers.at(-1)!.class_name = 'Attention';
  const model = smallModel().with({ topology });
  expect(() => Program.create(model, plain)).toThrow(/'predictions' is a Attention/);
});
