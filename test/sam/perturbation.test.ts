import { describe, expect, test } from 'vitest';
import { METHODS, type MethodName, type SamOptions } from '../../src/sam/methods.js';
import {
  apart,
  ascend,
  inFloat64,
  someGradients,
  someWeights,
  type Tensors,
  zerosLike,
} from './fragments.js';
import { dualNorm, epsilonOf } from './reference.js';

const METHOD_NAMES = Object.keys(METHODS) as MethodName[];
const NORMS = [2, 'inf', 1.5, 3, 1.05, 20] as const;
const EVERY = METHOD_NAMES.flatMap((method) => NORMS.map((norm) => ({ method, norm })));

const [weights, gradients] = [someWeights(), someGradients()];
const everywhere = () => true;
const zeros = zerosLike(weights);

/** e as w + e - w, which is exact to the rounding of w + e. */
function epsilonsFrom(perturbed: Record<string, number[]>) {
  return Object.fromEntries(
    Object.entries(perturbed).map(([name, values]) => [
      name,
      values.map((value, i) => value - weights[name]!.values[i]!),
    ]),
  );
}

describe.each(EVERY)('$method with p = $norm', (options) => {
  test('e is that of the paper', async () => {
    const rho = 0.7;
    const { perturbed } = await ascend(weights, gradients, { ...options, rho });
    const expected = epsilonOf(inFloat64(weights), inFloat64(gradients), {
      ...options,
      rho,
      learningRate: 0,
      isPerturbed: everywhere,
    });
    expect(apart(epsilonsFrom(perturbed), expected)).toBeLessThan(2e-6);
  });

  test('the norm is that of the dual ball', async () => {
    const { norm } = await ascend(weights, gradients, { ...options, rho: 1 });
    const g = Object.entries(gradients).flatMap(([name, { values }]) =>
      Array.from(values, (value, i) => {
        const isScaled = options.method === 'asam' && !/bias|beta/.test(name);
        return isScaled ? value * (Math.abs(weights[name]!.values[i]!) + 0.01) : value;
      }),
    );
    expect(norm / dualNorm(g, options.norm)).toBeCloseTo(1, 5);
  });

  test.each([0, 0.4])('w + e is w to the last bit with rho = 0, sparsity %d', async (sparsity) => {
    const { perturbed } = await ascend(weights, gradients, { ...options, sparsity, rho: 0 });
    for (const [name, { values }] of Object.entries(weights))
      expect(perturbed[name]).toEqual(Array.from(values));
  });

  test.each([0, 0.4])('a gradient of zero gives e = 0, sparsity %d', async (sparsity) => {
    const { perturbed, norm } = await ascend(weights, zeros, { ...options, sparsity, rho: 0.5 });
    expect(norm).toBe(0);
    for (const [name, { values }] of Object.entries(weights))
      expect(perturbed[name]).toEqual(Array.from(values));
  });
});

describe('the length of e', () => {
  test.each(NORMS)('is rho in the ball of p = %s', async (norm) => {
    const rho = 0.3;
    const { perturbed } = await ascend(weights, gradients, { method: 'sam', norm, rho });
    const e = Object.values(epsilonsFrom(perturbed)).flat();
    const found =
      norm === 'inf'
        ? Math.max(...e.map(Math.abs))
        : e.reduce((sum, x) => sum + Math.abs(x) ** norm, 0) ** (1 / norm);
    expect(found / rho).toBeCloseTo(1, 5);
  });

  test('is longest along the gradient among what the ball holds: <e, g> = rho ||g||_q', async () => {
    for (const norm of NORMS) {
      const { perturbed, norm: dual } = await ascend(weights, gradients, { method: 'sam', norm, rho: 0.3 });
      const e = Object.values(epsilonsFrom(perturbed)).flat();
      const g = Object.values(gradients).flatMap(({ values }) => Array.from(values));
      const rise = e.reduce((sum, x, i) => sum + x * g[i]!, 0);
      expect(rise / (0.3 * dual)).toBeCloseTo(1, 4);
    }
  });
});

describe('gradients of any size', () => {
  const sizes = [1e-18, 1e-12, 1e12, 1e16];
  // The squares of p = 2 are not scaled, for speed: beyond this they overflow, to a norm of infinity and e = 0.
  test.each(sizes)('give the same e: %d, p = 2', async (scale) => expectSame(2, scale));
  test.each([1e-36, ...sizes, 1e30])('give the same e: %d, p = 3', async (scale) => expectSame(3, scale));
  test.each([1e-36, ...sizes, 1e30])('give the same e: %d, p = 1.05', async (scale) =>
    expectSame(1.05, scale),
  );
  test.each([1e-36, ...sizes, 1e30])('give the same e: %d, p = inf', async (scale) =>
    expectSame('inf', scale),
  );

  async function expectSame(norm: number | 'inf', scale: number) {
    const [w, g] = [{ w: weights['conv/kernel']! }, { w: gradients['conv/kernel']! }];
    const scaled = { w: { ...g.w, values: g.w.values.map((x) => x * scale) } };
    const options = { method: 'sam', norm, rho: 0.5 } as const;
    const [one, other] = [await ascend(w, g, options), await ascend(w, scaled, options)];
    expect(apart(other.perturbed, new Map([['w', one.perturbed.w!]]))).toBeLessThan(1e-6);
    expect(Number.isFinite(other.norm)).toBe(true);
  }
});

test('L = w^2 at w = 3 with rho = 1 is looked at in w = 4', async () => {
  const found = await ascend(
    { 'l/w': { values: [3] } },
    { 'l/w': { values: [6] } },
    { method: 'sam', rho: 1 },
  );
  expect(found).toEqual({ perturbed: { 'l/w': [4] }, norm: 6 });
});

test('asam moves the same network by the same share, however its layers are scaled', async () => {
  const network = (factor: number): [Tensors, Tensors] => [
    { 'a/kernel': { values: [0.5 * factor, -2 * factor] }, 'b/kernel': { values: [3 / factor] } },
    { 'a/kernel': { values: [0.25 / factor, 1 / factor] }, 'b/kernel': { values: [-0.5 * factor] } },
  ];
  const options: SamOptions & { rho: number } = { method: 'asam', eta: 0, rho: 0.5 };
  const one = await ascend(...network(1), options);
  const other = await ascend(...network(8), options);
  expect(other.perturbed['a/kernel']).toEqual(one.perturbed['a/kernel']!.map((x) => x * 8));
  expect(other.perturbed['b/kernel']).toEqual(one.perturbed['b/kernel']!.map((x) => x / 8));
});

describe('the random mask', () => {
  const count = 20_000;
  const w: Tensors = {
    'a/kernel': { values: new Float32Array(count), shape: [100, 200] },
    'b/kernel': { values: new Float32Array(count) },
  };
  const g: Tensors = Object.fromEntries(
    Object.entries(w).map(([name, given]) => [name, { ...given, values: new Float32Array(count).fill(1) }]),
  );
  const masked = async (sparsity: number, seed: [number, number]) =>
    (await ascend(w, g, { method: 'sam', norm: 'inf', rho: 1, sparsity, seed })).perturbed;

  test.each([0.1, 0.5, 0.9])('leaves out %d of the elements', async (sparsity) => {
    for (const values of Object.values(await masked(sparsity, [1, 0]))) {
      const zero = values.filter((value) => value === 0).length;
      expect(zero + values.filter((value) => value === 1).length).toBe(count);
      const sigma = Math.sqrt(count * sparsity * (1 - sparsity));
      expect(Math.abs(zero - count * sparsity)).toBeLessThan(4 * sigma);
    }
  });

  test('is the same for the same seed and step, another for another, and for another weight', async () => {
    const one = await masked(0.5, [1, 0]);
    expect(await masked(0.5, [1, 0])).toEqual(one);
    for (const other of [
      (await masked(0.5, [1, 1]))['a/kernel']!,
      (await masked(0.5, [2, 0]))['a/kernel']!,
      one['b/kernel']!,
    ]) {
      const same = other.filter((value, i) => value === one['a/kernel']![i]).length;
      expect(Math.abs(same - count / 2)).toBeLessThan(4 * Math.sqrt(count / 4));
    }
  });

  test('leaves what it keeps as it is without a mask: the norm is over all elements', async () => {
    const whole = await ascend(weights, gradients, { method: 'sam', rho: 0.5 });
    const some = await ascend(weights, gradients, { method: 'sam', rho: 0.5, sparsity: 0.5 });
    expect(some.norm).toBe(whole.norm);
    let kept = 0;
    for (const [name, values] of Object.entries(some.perturbed)) {
      values.forEach((value, i) => {
        const clean = weights[name]!.values[i];
        expect([clean, whole.perturbed[name]![i]]).toContain(value);
        if (value !== clean) kept++;
      });
    }
    expect(kept).toBeGreaterThan(10);
  });
});
