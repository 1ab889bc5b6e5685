import { describe, expect, test } from 'vitest';
import type { Json } from '../../models/topology.js';
import { InputError } from '../../src/errors.js';
import { buildForward } from '../../src/model/index.js';
import { uniformOf } from '../../src/model/uniform.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { runSteps } from '../train/run-steps.js';
import { plain, smallModel } from '../train/small-network.js';
import { layerModel } from './layer-model.js';
import { runFragment, seedOf } from './run-fragment.js';
import { pseudoRandom, runLayers } from './run-layers.js';

const SEED = [3n, 11n];
/** Images of so many values each. */
const SHAPE = [2, 2, 3];
const PER_IMAGE = 12;

type Config = { [key: string]: Json };

/** A shaking layer, which is layer 1 of its model, or 2 behind the second branch. */
const shakeDrop = (config: Config) =>
  layerModel(SHAPE, (b, x) => b.layer('ShakeDrop', 'shake', [x], config, x.shape));
const shakeShake = () =>
  layerModel(SHAPE, (b, x) => {
    const other = b.rescaling('other', x, { scale: -3, offset: 0.5 });
    return b.layer('ShakeShake', 'shake', [x, other], {}, x.shape);
  });

const imagesOf = (batch: number, values = pseudoRandom(batch * PER_IMAGE, { seed: 5, scale: 2 })) => ({
  values,
  shape: [batch, ...SHAPE],
});

/** The three draws of the layer at `position`, a number an image. */
async function draws(position: number, batch: number): Promise<number[][]> {
  const f = new Fragment();
  const shape = f.ints(batch, 1, 1, 1);
  const outputs = [0, 1, 2].map((draw) => uniformOf(f, shape, position, draw));
  const found = await runFragment(f, { seed: seedOf(Number(SEED[0]), Number(SEED[1])) }, outputs);
  return found.map(({ values }) => values);
}

/** The factor between the values of each image and `reference`; it must be one number an image. */
function perImage(values: Float32Array, reference: ArrayLike<number>): number[] {
  return Array.from({ length: values.length / PER_IMAGE }, (_, image) => {
    const at = image * PER_IMAGE;
    const factor = values[at]! / reference[at]!;
    for (let i = at; i < at + PER_IMAGE; i++) expect(values[i]).toBeCloseTo(factor * reference[i]!, 3);
    return factor;
  });
}

/** Forward and backward coefficients, by image. The gradient of sum(y^2) is 2 y times the latter. */
async function coefficients(config: Config, batch = 16) {
  const images = imagesOf(batch);
  const run = { training: true, seed: SEED, gradients: true };
  const { output, gradients } = await runLayers(shakeDrop(config), new Map(), images, run);
  return {
    forward: perImage(output, images.values),
    backward: perImage(
      gradients.images!,
      output.map((y) => 2 * y),
    ),
  };
}

describe('ShakeDrop', () => {
  test('multiplies by one coefficient forward and by another backward, an image at a time', async () => {
    const keep = 0.6;
    const { forward, backward } = await coefficients({ keep_probability: keep });
    const [gates, alphas, betas] = await draws(1, 16);
    const kept = gates!.filter((u) => u < keep).length;
    expect(kept).toBeGreaterThan(2);
    expect(kept).toBeLessThan(14);
    gates!.forEach((u, i) => {
      const b = u < keep ? 1 : 0;
      const alpha = 2 * alphas![i]! - 1;
      const beta = betas![i]!;
      // Equation 6 of arXiv 1802.02375.
      expect(forward[i]).toBeCloseTo(b + alpha - b * alpha, 4);
      expect(backward[i]).toBeCloseTo(b + beta - b * beta, 4);
      if (b === 0) expect(Math.abs(forward[i]! - backward[i]!)).toBeGreaterThan(1e-3);
    });
  });

  test('takes its ranges from the configuration', async () => {
    const fixed = { keep_probability: 0, alpha: [0.25, 0.25], beta: [0.75, 0.75] };
    const { forward, backward } = await coefficients(fixed);
    for (const value of forward) expect(value).toBeCloseTo(0.25, 5);
    for (const value of backward) expect(value).toBeCloseTo(0.75, 5);
  });

  test('is the identity where everything is kept', async () => {
    const { forward, backward } = await coefficients({ keep_probability: 1 });
    expect(forward.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
    expect(backward.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
  });

  test('draws coefficients that have nothing to do with each other', async () => {
    const { forward, backward } = await coefficients({ keep_probability: 0 }, 1024);
    const correlation = pearson(forward, backward);
    // Four standard deviations of what independent draws show.
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(1024));
    expect(Math.min(...forward)).toBeLessThan(-0.9);
    expect(Math.max(...forward)).toBeGreaterThan(0.9);
    expect(Math.min(...backward)).toBeGreaterThanOrEqual(0);
  });

  test.each<[Config, number]>([
    [{ keep_probability: 0.7 }, 0.7],
    [{ keep_probability: 0.5, alpha: [0, 1] }, 0.75],
  ])('takes the expectation at inference: %o', async (config, factor) => {
    const images = imagesOf(2);
    const { output } = await runLayers(shakeDrop(config), new Map(), images);
    output.forEach((value, i) => {
      expect(value).toBeCloseTo(factor * images.values[i]!, 5);
    });
  });
});

describe('ShakeShake', () => {
  test('mixes by one share forward and by another backward, an image at a time', async () => {
    const batch = 8;
    const images = imagesOf(batch);
    const run = { training: true, seed: SEED, gradients: true };
    const { output, gradients } = await runLayers(shakeShake(), new Map(), images, run);
    const [, alphas, betas] = await draws(2, batch);
    output.forEach((y, i) => {
      const image = Math.floor(i / PER_IMAGE);
      const x = images.values[i]!;
      const [alpha, beta] = [alphas![image]!, betas![image]!];
      expect(y).toBeCloseTo(alpha * x + (1 - alpha) * (-3 * x + 0.5), 4);
      // d(sum y^2) = 2 y (beta da + (1 - beta) db)
      expect(gradients.images![i]).toBeCloseTo(2 * y * (beta - 3 * (1 - beta)), 3);
    });
  });

  test('takes the mean at inference', async () => {
    const images = imagesOf(2);
    const { output } = await runLayers(shakeShake(), new Map(), images);
    output.forEach((y, i) => {
      expect(y).toBeCloseTo(-images.values[i]! + 0.25, 5);
    });
  });

  test('takes two branches of one shape', () => {
    const one = layerModel(SHAPE, (b, x) => b.layer('ShakeShake', 'odd', [x], {}, x.shape));
    const build = () => buildForward(one, { training: true });
    expect(build).toThrow(InputError);
    expect(build).toThrow("Layer 'odd' takes two inputs of one shape, received [2,2,3].");
  });
});

test('both passes of a SAM step see the same draws, and another step others', async () => {
  const topology = layerModel([8, 8, 3], (b, x) => {
    const branch = b.layer('ShakeDrop', 'drop', [x], { keep_probability: 0.3 }, x.shape);
    const mixed = b.layer('ShakeShake', 'mix', [branch, x], {}, x.shape);
    const pooled = b.globalAveragePooling2d('average', mixed);
    return b.dense('predictions', pooled, {
      units: 3,
      initializer: { class_name: 'GlorotUniform', config: {} },
    });
  });
  const model = smallModel().with({ topology });
  const still = { ...plain, weightDecay: 0 };
  const { results } = await runSteps(model, still, { rho: 0, steps: 3, learningRate: 0 });
  for (const { loss, perturbedLoss } of results) expect(perturbedLoss).toBe(loss);
  expect(new Set(results.map(({ loss }) => loss)).size).toBe(3);
});

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = mean(a.map((x, i) => (x - meanA) * (b[i]! - meanB)));
  const deviation = (values: readonly number[], centre: number) =>
    Math.sqrt(mean(values.map((x) => (x - centre) ** 2)));
  return product / (deviation(a, meanA) * deviation(b, meanB));
}
