import { describe, expect, test } from 'vitest';
import { ASCENT, ascentFragment, globalNorm } from '../../src/sam/index.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { type Fed, runFragment } from '../model/run-fragment.js';
import { pseudoRandom } from '../model/run-layers.js';

/** w + e of each weight, and the norm of the gradient. */
async function ascend(weights: readonly Fed[], gradients: readonly Fed[], rho: number) {
  const feeds: Record<string, Fed> = { [ASCENT.rho]: { values: [rho], shape: [] } };
  weights.forEach((weight, i) => {
    feeds[ASCENT.weight(i)] = weight;
    feeds[ASCENT.gradient(i)] = gradients[i]!;
  });
  const outputs = [...weights.map((_, i) => ASCENT.perturbed(i)), ASCENT.norm];
  const found = await runFragment(ascentFragment(weights.length), feeds, outputs);
  return { perturbed: found.slice(0, -1), norm: found.at(-1)!.values[0]! };
}

const weights = [
  { values: pseudoRandom(24, { seed: 3 }), shape: [2, 3, 4] },
  { values: pseudoRandom(5, { seed: 4 }) },
  { values: Float32Array.of(0.5), shape: [] },
];
const gradients = weights.map(({ values, ...rest }, i) => ({
  ...rest,
  values: pseudoRandom(values.length, { seed: 20 + i, scale: 10 ** -i }),
}));

describe('w + e', () => {
  test('is at distance rho from w, along the gradient', async () => {
    const rho = 0.05;
    const { perturbed, norm } = await ascend(weights, gradients, rho);
    const all = gradients.flatMap(({ values }) => [...values]);
    expect(norm).toBeCloseTo(Math.hypot(...all), 5);
    let squares = 0;
    perturbed.forEach(({ shape, values }, i) => {
      expect(shape).toEqual(weights[i]!.shape ?? [5]);
      values.forEach((value, k) => {
        const epsilon = value - weights[i]!.values[k]!;
        squares += epsilon ** 2;
        expect(epsilon).toBeCloseTo((rho * gradients[i]!.values[k]!) / Math.hypot(...all), 6);
      });
    });
    expect(Math.sqrt(squares)).toBeCloseTo(rho, 5);
  });

  test('is w to the last bit with rho = 0', async () => {
    const { perturbed } = await ascend(weights, gradients, 0);
    perturbed.forEach(({ values }, i) => {
      expect(values).toEqual([...weights[i]!.values]);
    });
  });

  test('is w where the gradient is zero', async () => {
    const zeros = weights.map(({ values, ...rest }) => ({
      ...rest,
      values: new Float32Array(values.length),
    }));
    const { perturbed, norm } = await ascend(weights, zeros, 0.05);
    expect(norm).toBe(0);
    perturbed.forEach(({ values }, i) => {
      expect(values).toEqual([...weights[i]!.values]);
    });
  });

  test('is the same for a gradient of another length', async () => {
    const longer = gradients.map(({ values, ...rest }) => ({ ...rest, values: values.map((x) => 1024 * x) }));
    const [one, other] = [await ascend(weights, gradients, 0.05), await ascend(weights, longer, 0.05)];
    one.perturbed.forEach(({ values }, i) => {
      values.forEach((value, k) => {
        expect(other.perturbed[i]!.values[k]).toBeCloseTo(value, 6);
      });
    });
  });
});

test('globalNorm is the 2-norm over all tensors', async () => {
  const f = new Fragment();
  globalNorm(f, [f.input('a'), f.input('b')], 'norm');
  const [norm] = await runFragment(f, { a: { values: [1, 2, 4], shape: [3, 1] }, b: { values: [2] } }, [
    'norm',
  ]);
  expect(norm).toEqual({ shape: [], values: [5] });
});
