import { expect, test } from 'vitest';
import { combines, METHODS, type MethodName, reuses } from '../../src/sam/methods.js';
import { pseudoRandom } from '../model/run-layers.js';
import { apart, ascend, descend, inFloat64, reuse, someWeights, type Tensors } from './fragments.js';
import { fiveSteps, type ReferenceOptions, type Rows, type Values } from './reference.js';

const start = someWeights();
const COUNT = Object.values(start).reduce((sum, { values }) => sum + values.length, 0);
const IMAGES = 8;

/** The gradient of the mean of log cosh(<x, w> - y) over the images of a step. */
function gradient(weights: Values, rows: Rows, step: number): Map<string, Float64Array> {
  const w = [...weights.values()].flatMap((values) => [...values]);
  const count = rows === 'all' ? IMAGES : IMAGES / 4;
  const total = new Float64Array(COUNT);
  for (let image = 0; image < count; image++) {
    const x = pseudoRandom(COUNT + 1, { seed: 7919 * step + 31 * image + 5 });
    const slope = Math.tanh(w.reduce((sum, value, i) => sum + value * x[i]!, 0) - 3 * x[COUNT]!) / count;
    for (let i = 0; i < COUNT; i++) total[i]! += slope * x[i]!;
  }
  let at = 0;
  return new Map(
    [...weights].map(([name, { length }]) => {
      at += length;
      return [name, total.slice(at - length, at)];
    }),
  );
}

/** The same tensors with the values of `values`. */
const filled = (values: Values): Tensors =>
  Object.fromEntries(
    Object.entries(start).map(([name, { shape }]) => [
      name,
      { values: Float32Array.from(values.get(name)!), ...(shape && { shape }) },
    ]),
  );

const mapped = (found: Record<string, number[]>): Map<string, Float64Array> =>
  new Map(Object.entries(found).map(([name, values]) => [name, Float64Array.from(values)]));

/** Five steps of plain SGD with the gradients of the fragments. */
async function withFragments(options: ReferenceOptions): Promise<Record<string, number[]>> {
  const { method, learningRate, rho, every = 1, partialAscent, ...sam } = options;
  const perturbs = options.isPerturbed ?? (() => true);
  let weights = inFloat64(start);
  let direction: Tensors = {};
  for (let step = 0; step < 5; step++) {
    const isAscent = step % every === 0;
    const clean = filled(gradient(weights, isAscent && partialAscent ? 'ascent' : 'all', step));
    let descent = mapped(
      Object.fromEntries(Object.entries(clean).map(([k, v]) => [k, Array.from(v.values)])),
    );
    if (isAscent) {
      const only = (tensors: Tensors): Tensors =>
        Object.fromEntries(Object.entries(tensors).filter(([name]) => perturbs(name)));
      const { perturbed } = await ascend(only(filled(weights)), only(clean), { ...sam, method, rho });
      const there = gradient(new Map([...weights, ...mapped(perturbed)]), 'all', step);
      descent = there;
      if (combines(method)) {
        const { gradients, directions } = await descend(clean, filled(there), { ...sam, method });
        descent = mapped(gradients);
        direction = filled(reuses(method) ? mapped(directions) : there);
      }
    } else if (reuses(method)) {
      descent = mapped(await reuse(clean, direction, { ...sam, method }));
    }
    weights = new Map(
      [...weights].map(([name, values]) => [
        name,
        values.map((value, i) => Math.fround(value - learningRate * descent.get(name)![i]!)),
      ]),
    );
  }
  return Object.fromEntries([...weights].map(([name, values]) => [name, [...values]]));
}

const NORM_ONLY = (name: string) => /gamma|beta/.test(name);

test.each(Object.keys(METHODS) as MethodName[])('five steps of %s are those of its paper', async (method) => {
  const isPerturbed = method === 'norm-only' ? { isPerturbed: NORM_ONLY } : {};
  for (const every of [1, 2, 5]) {
    for (const partialAscent of [false, true]) {
      const options: ReferenceOptions = {
        method,
        rho: 0.5,
        learningRate: 0.3,
        every,
        partialAscent,
        ...isPerturbed,
      };
      const expected = fiveSteps(inFloat64(start), gradient, options);
      const label = `every ${every}, partial ${partialAscent}`;
      expect(apart(await withFragments(options), expected), label).toBeLessThan(2e-6);
      // And the method makes a difference to the weights.
      const plain = fiveSteps(inFloat64(start), gradient, { ...options, method: 'sam', rho: 0 });
      const arrays = Object.fromEntries([...plain].map(([name, values]) => [name, [...values]]));
      expect(apart(arrays, expected), label).toBeGreaterThan(1e-4);
    }
  }
});
