import { expect, test } from 'vitest';
import { globalNorm, innerProduct, orthogonalPart, steepestAscent } from '../../src/sam/norms.js';
import { Fragment } from '../../src/tensorflow/index.js';
import { runFragment } from '../model/run-fragment.js';

const fed = (...values: number[]) => ({ values });

test('globalNorm is the 2-norm over all tensors', async () => {
  const f = new Fragment();
  globalNorm(f, [f.input('a'), f.input('b')], 'norm');
  const [norm] = await runFragment(f, { a: { values: [1, 2, 4], shape: [3, 1] }, b: fed(2) }, ['norm']);
  expect(norm).toEqual({ shape: [], values: [5] });
});

test('innerProduct is over all tensors, of any rank', async () => {
  const f = new Fragment();
  const [x, y] = [
    [f.input('x0'), f.input('x1')],
    [f.input('y0'), f.input('y1')],
  ];
  const product = innerProduct(f, x, y);
  const feeds = {
    x0: { values: [1, 2, 3, 4], shape: [2, 2] },
    x1: { values: [5], shape: [] },
    y0: { values: [2, 0, -1, 1], shape: [2, 2] },
    y1: { values: [-3], shape: [] },
  };
  expect(await runFragment(f, feeds, [product])).toEqual([{ shape: [], values: [2 - 3 + 4 - 15] }]);
});

test('orthogonalPart leaves what is not along the other, over all tensors together', async () => {
  const f = new Fragment();
  const parts = orthogonalPart(f, [f.input('x0'), f.input('x1')], [f.input('y0'), f.input('y1')]);
  // <x, y> = 10, <y, y> = 5: x - 2 y
  const feeds = { x0: fed(4, 1), x1: fed(3), y0: fed(1, 0), y1: fed(2) };
  const found = await runFragment(f, feeds, parts);
  expect(found.map(({ values }) => values)).toEqual([[2, 1], [-1]]);
});

test('orthogonalPart is x where the other is zero, and exactly zero where both are the same', async () => {
  const f = new Fragment();
  const parts = orthogonalPart(f, [f.input('x')], [f.input('y')]);
  const x = Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i + 1) / 3));
  const zeros = x.map(() => 0);
  expect((await runFragment(f, { x: fed(...x), y: fed(...zeros) }, parts))[0]!.values).toEqual(x);
  expect((await runFragment(f, { x: fed(...x), y: fed(...x) }, parts))[0]!.values).toEqual(zeros);
});

test('steepestAscent with p = 1e9 is that of inf, and p = Infinity means inf', async () => {
  const found = await Promise.all(
    [1e9, Number.POSITIVE_INFINITY, 'inf' as const].map(async (p) => {
      const f = new Fragment();
      const { epsilons } = steepestAscent(f, [f.input('g')], { rho: f.scalar(0.5), p });
      return (await runFragment(f, { g: fed(3, -1e-3, 0, 7) }, epsilons))[0]!.values;
    }),
  );
  for (const epsilon of found) {
    expect(epsilon.map((x) => Number(x.toFixed(6)))).toEqual([0.5, -0.5, 0, 0.5]);
  }
});

test.each([2, 3, 'inf'] as const)('a NaN in the gradient is seen in e and in the norm, p = %s', async (p) => {
  const f = new Fragment();
  const { norm, epsilons } = steepestAscent(f, [f.input('g')], { rho: f.scalar(0.5), p });
  const [found, [epsilon]] = await runFragment(f, { g: fed(1, Number.NaN) }, [norm, ...epsilons]).then(
    ([first, ...rest]) => [first!.values[0], rest.map(({ values }) => values[1])] as const,
  );
  expect([found, epsilon]).toEqual([Number.NaN, Number.NaN]);
});
