import { describe, expect, test } from 'vitest';
import { Draws, STREAMS } from '../../src/augment/draws.js';
import { uniformOf } from '../../src/model/uniform.js';
import { Fragment, type Output } from '../../src/tensorflow/index.js';
import { runFragment, seedOf } from '../model/run-fragment.js';

interface Wanted {
  first?: number;
  count: number;
  step?: number;
}

/** Rows of what is drawn. */
async function drawn(
  draw: (draws: Draws, f: Fragment) => Output,
  { first = 0, count, step = 5 }: Wanted,
): Promise<number[][]> {
  const f = new Fragment();
  f.input('seed', 'int64', [2]);
  f.input('first', 'int32', []);
  f.input('count', 'int32', []);
  const output = f.identity(draw(new Draws(f, { seed: 'seed', first: 'first', count: 'count' }), f));
  const scalar = (value: number) => ({ dtype: 'int32' as const, values: [value], shape: [] });
  const feeds = { seed: seedOf(9, step), first: scalar(first), count: scalar(count) };
  const [found] = await runFragment(f, feeds, [output]);
  const columns = found!.values.length / found!.shape[0]!;
  return Array.from({ length: found!.shape[0]! }, (_, i) =>
    found!.values.slice(i * columns, (i + 1) * columns),
  );
}

describe.each([
  ['uniform', (draws: Draws) => draws.uniform(STREAMS.flip, 5)],
  ['gamma', (draws: Draws) => draws.gamma(STREAMS.mixup, 3, 0.3)],
] as const)('%s numbers', (_, draw) => {
  test.each([1, 3, 6, 7, 31])(
    'of an image are the same in a batch that begins at image %i',
    async (first) => {
      const whole = await drawn(draw, { count: 33 });
      expect(whole).toHaveLength(33);
      expect(await drawn(draw, { first, count: 33 - first })).toEqual(whole.slice(first));
      expect(await drawn(draw, { count: first })).toEqual(whole.slice(0, first));
    },
  );

  test('are others in another update, and for each image', async () => {
    const whole = await drawn(draw, { count: 8 });
    expect(await drawn(draw, { count: 8, step: 6 })).not.toEqual(whole);
    expect(new Set(whole.map(String)).size).toBe(8);
  });
});

test('each use draws other numbers, and so do the layers', async () => {
  const uses = Object.values(STREAMS).map((stream) => (draws: Draws) => draws.uniform(stream, 4));
  const layers = [0, 1, 7].map((position) => (_: Draws, f: Fragment) => uniformOf(f, f.ints(6, 4), position));
  const all = await Promise.all([...uses, ...layers].map((draw) => drawn(draw, { count: 6 })));
  expect(new Set(all.map((rows) => String(rows[0]))).size).toBe(all.length);
});

test('what all images share is the same wherever a batch begins', async () => {
  const draw = (draws: Draws) => draws.shared(STREAMS.erasingNoise, [2, 3]);
  expect(await drawn(draw, { first: 4, count: 2 })).toEqual(await drawn(draw, { count: 9 }));
});
