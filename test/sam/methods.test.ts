import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import {
  combines,
  descentFragment,
  METHODS,
  type MethodName,
  perturbedWeights,
  reuseFragment,
  reuses,
} from '../../src/sam/methods.js';
import { apart, descend, inFloat64, reuse, someGradients, type Tensors, zerosLike } from './fragments.js';
import { combined, lookBetween, lookDirection, type ReferenceOptions } from './reference.js';

const METHOD_NAMES = Object.keys(METHODS) as MethodName[];
const COMBINING = METHOD_NAMES.filter(combines);

/** Gradients at w and at w + e that are neither parallel nor orthogonal. */
const clean = someGradients(100);
const other = someGradients(300, 0.4);
const perturbed: Tensors = Object.fromEntries(
  Object.entries(clean).map(([name, { values, shape }]) => [
    name,
    {
      shape: shape ?? [],
      values: Float32Array.from(values, (x, i) => x + other[name]!.values[i]!),
    },
  ]),
);
const flat = (tensors: Tensors) => [...inFloat64(tensors).values()].flatMap((values) => [...values]);
const [g, gs] = [flat(clean), flat(perturbed)];

/** A vector of the reference by the names of the weights. */
function byName(vector: readonly number[]): Map<string, number[]> {
  let at = 0;
  return new Map(
    Object.entries(clean).map(([name, { values }]) => {
      at += values.length;
      return [name, vector.slice(at - values.length, at)];
    }),
  );
}

const numbers = { rho: 0.1, learningRate: 0.1 };

describe('the table', () => {
  test('says in a line what each method is, and where it is from', () => {
    for (const { title } of Object.values(METHODS)) expect(title).toMatch(/arXiv \d{4}\.\d{5}$/);
  });

  test('says which methods combine gradients and which reuse a direction', () => {
    expect(COMBINING).toEqual(['gsam', 'looksam', 'wsam', 'gradient-norm']);
    expect(METHOD_NAMES.filter(reuses)).toEqual(['looksam']);
    expect(METHODS.looksam.every).toBe(5);
  });

  test('the others have no such fragments', () => {
    expect(() => descentFragment(['a/kernel'], { method: 'sam' })).toThrow('sam combines no gradients');
    expect(() => reuseFragment(['a/kernel'], { method: 'gsam' })).toThrow('gsam reuses no direction');
  });
});

describe.each(COMBINING)('%s', (method) => {
  test.each([undefined, 0, 0.3, 0.75])('makes the gradient of its paper, alpha %s', async (alpha) => {
    const { gradients } = await descend(clean, perturbed, { method, alpha });
    const options: ReferenceOptions = { method, ...numbers, ...(alpha !== undefined && { alpha }) };
    expect(apart(gradients, byName(combined(g, gs, options)))).toBeLessThan(2e-6);
  });

  test('gives the clean gradient to the last bit where both are the same', async () => {
    const { gradients, directions } = await descend(clean, clean, { method });
    for (const [name, { values }] of Object.entries(clean)) {
      expect(gradients[name]).toEqual(Array.from(values));
      if (reuses(method)) expect(directions[name]).toEqual(Array.from(values, () => 0));
    }
  });

  test('gives numbers where a gradient is zero', async () => {
    const zero = zerosLike(clean);
    for (const pair of [
      [zero, zero],
      [clean, zero],
      [zero, perturbed],
    ] as const) {
      const { gradients, directions } = await descend(...pair, { method });
      const all = [...Object.values(gradients), ...Object.values(directions)].flat();
      expect(all.every(Number.isFinite)).toBe(true);
      if (pair[1] === zero && pair[0] === zero) expect(all.every((x) => x === 0)).toBe(true);
    }
  });
});

test('alpha = 0 of gsam and alpha = 1 of gradient-norm are SAM; gamma = 0.5 of wsam too', async () => {
  for (const [method, alpha] of [
    ['gsam', 0],
    ['gradient-norm', 1],
    ['wsam', 0.5],
  ] as const) {
    const { gradients } = await descend(clean, perturbed, { method, alpha });
    expect(apart(gradients, byName(gs)), method).toBeLessThan(1e-6);
  }
});

test('gsam leaves the gradient at w + e as it is along itself', async () => {
  const { gradients } = await descend(clean, perturbed, { method: 'gsam', alpha: 5 });
  const found = Object.values(gradients).flat();
  const along = (v: readonly number[]) => v.reduce((sum, x, i) => sum + x * gs[i]!, 0);
  expect(along(found) / along(gs)).toBeCloseTo(1, 5);
});

describe('looksam', () => {
  test('keeps the part of the SAM gradient that is orthogonal to the clean one', async () => {
    const { directions } = await descend(clean, perturbed, { method: 'looksam' });
    expect(apart(directions, byName(lookDirection(g, gs)))).toBeLessThan(2e-6);
  });

  test.each([undefined, 0, 0.2])('turns the gradients between two ascents by it, alpha %s', async (alpha) => {
    const found = await reuse(other, perturbed, { method: 'looksam', alpha });
    expect(apart(found, byName(lookBetween(flat(other), gs, alpha)))).toBeLessThan(2e-6);
  });

  test('leaves the gradient as it is before the first ascent', async () => {
    const found = await reuse(clean, zerosLike(clean), { method: 'looksam' });
    for (const [name, { values }] of Object.entries(clean)) {
      expect(found[name]).toEqual(Array.from(values));
    }
  });

  test('keeps no direction where the two are parallel up to rounding', async () => {
    const longer: Tensors = Object.fromEntries(
      Object.entries(clean).map(([name, { values, ...rest }]) => [
        name,
        { ...rest, values: Float32Array.from(values, (x) => x * 1.1) },
      ]),
    );
    const { directions } = await descend(clean, longer, { method: 'looksam' });
    expect(new Set(Object.values(directions).flat().map(Math.abs))).toEqual(new Set([0]));
  });
});

describe('alpha out of its range', () => {
  test.each([1, 1.5, -0.1])('is refused by wsam: %d', (alpha) => {
    expect(() => descentFragment(['a/kernel'], { method: 'wsam', alpha })).toThrow(
      new InputError(
        `Expected a number from 0 to below 1 for --sam-alpha, received ${alpha}. For wsam it is 0.9 when left out.`,
      ),
    );
  });

  test.each(['gsam', 'looksam', 'gradient-norm'] as const)('is refused by %s when negative', (method) => {
    expect(() => descentFragment(['a/kernel'], { method, alpha: -1 })).toThrow(/0 or more for --sam-alpha/);
  });
});

describe('perturbedWeights', () => {
  const names = [
    'stem_conv/kernel',
    'stem_bn/gamma',
    'stem_bn/beta',
    'top_conv/kernel',
    'top_bn/gamma',
    'block/sub/depthwise_kernel',
    'top/predictions/kernel',
    'top/predictions/bias',
  ];
  const of = (layers: string[], method: MethodName = 'sam') => perturbedWeights(names, { method, layers });

  test('is all of them unless something is said', () => {
    expect(perturbedWeights(names, { method: 'sam' })).toEqual(names);
    expect(of([])).toEqual(names);
  });

  test('is the normalization layers for norm-only, and for the pattern norms', () => {
    const norms = ['stem_bn/gamma', 'stem_bn/beta', 'top_bn/gamma'];
    expect(perturbedWeights(names, { method: 'norm-only' })).toEqual(norms);
    expect(of(['norms'], 'asam')).toEqual(norms);
    expect(of(['stem_*'], 'norm-only')).toEqual(['stem_bn/gamma', 'stem_bn/beta']);
  });

  test.each<[string[], string[]]>([
    [['stem_bn'], ['stem_bn/gamma', 'stem_bn/beta']],
    [['top_*'], ['top_conv/kernel', 'top_bn/gamma']],
    [['*/kernel'], ['stem_conv/kernel', 'top_conv/kernel', 'top/predictions/kernel']],
    [['*predictions'], ['top/predictions/kernel', 'top/predictions/bias']],
    [['top/predictions/*'], ['top/predictions/kernel', 'top/predictions/bias']],
    [
      ['*/bias', 'stem_conv'],
      ['stem_conv/kernel', 'top/predictions/bias'],
    ],
    [['*'], names],
  ])('%j matches %j, in the order of the network', (patterns, expected) => {
    expect(of(patterns)).toEqual(expected);
  });

  test('takes the other characters of a pattern as they are', () => {
    expect(perturbedWeights(['a.b/kernel', 'aXb/kernel'], { method: 'sam', layers: ['a.b'] })).toEqual([
      'a.b/kernel',
    ]);
    expect(perturbedWeights(['a(1)/kernel'], { method: 'sam', layers: ['a(1)'] })).toEqual(['a(1)/kernel']);
  });

  test('names a pattern that matches nothing, and the nearest that would', () => {
    expect(() => of(['stem_conv', 'top_bm'])).toThrow(InputError);
    expect(() => of(['stem_conv', 'top_bm'])).toThrow(
      "Unknown layer for --sam-layers 'top_bm'. Did you mean 'top_bn'?",
    );
    expect(() => of(['top_bn/gama'])).toThrow(
      "Unknown weight for --sam-layers 'top_bn/gama'. Did you mean 'top_bn/gamma'?",
    );
  });

  test('says so when there is nothing to perturb', () => {
    const plain = ['predictions/kernel', 'predictions/bias'];
    expect(() => perturbedWeights(plain, { method: 'norm-only' })).toThrow(
      /No trained weight is a gamma or beta of a normalization layer.*Train the normalization layers, or perturb all/,
    );
    expect(() => of(['*/kernel'], 'norm-only')).toThrow(
      /--sam norm-only perturbs no weight that --sam-layers \*\/kernel matches\. Leave --sam-layers out/,
    );
    expect(() => perturbedWeights([], { method: 'sam' })).toThrow(/No weight is trained.*--sam none/);
  });
});
