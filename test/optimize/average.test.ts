import { afterEach, describe, expect, test } from 'vitest';
import { Variables } from '../../src/model/index.js';
import { initializer } from '../../src/model/initializers.js';
import {
  AVERAGE,
  averageFragment,
  emaDecayAt,
  STATISTICS,
  statisticsFragment,
} from '../../src/optimize/index.js';
import { Fragment, Graph, Session, Tensor } from '../../src/tensorflow/index.js';
import type { Values } from './apply-update.js';
import { expectClose } from './expect-close.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A fragment that moves two variables `a` and `b`, each `[2]` and one at first. */
interface Moved {
  fragment: Fragment;
  /** The names of its nodes for a variable, its value, and what it moves to. */
  names: (i: number) => readonly [string, string, string];
  runs: readonly { proceed: boolean; towards: readonly [number[], number[]]; decay?: number }[];
}

async function move({ fragment, names, runs }: Moved): Promise<Values> {
  const graph = new Graph();
  const variables = new Variables(
    graph,
    ['a', 'b'].map((name) => ({ name, shape: [2], initializer: initializer('ones', 'ones') })),
    { scope: 'v' },
  );
  const inputs = new Fragment();
  inputs.input('proceed', 'bool', []);
  inputs.input('decay', 'float32', []);
  inputs.input('towards0', 'float32', [2]);
  inputs.input('towards1', 'float32', [2]);
  graph.import(inputs);
  const bindings = ['a', 'b'].flatMap((name, i) => {
    const [variable, read, towards] = names(i);
    return [
      [variable, variables.handle(name)],
      [read, variables.read(name)],
      [towards, `towards${i}`],
    ];
  });
  const scalars = ['proceed', 'decay'].filter((name) => fragment.has(name)).map((name) => [name, name]);
  graph.import(fragment, 'move', Object.fromEntries([...bindings, ...scalars]));
  const session = new Session(graph, { grappler: false });
  try {
    await variables.start(session, new Map(), { seed: 0 });
    for (const { proceed, towards, decay = 0 } of runs) {
      const feeds: [string, Tensor][] = [
        ['proceed', Tensor.from('bool', [proceed ? 1 : 0], [])],
        ['decay', Tensor.from('float32', [decay], [])],
        ['towards0', Tensor.from('float32', towards[0])],
        ['towards1', Tensor.from('float32', towards[1])],
      ];
      await session.run(feeds, [], ['move/done']);
      for (const [, tensor] of feeds) tensor.dispose();
    }
    const found = await variables.values(session);
    return Object.fromEntries([...found].map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
  } finally {
    await session.close();
    graph.dispose();
  }
}

describe('statistics', () => {
  const moved = {
    fragment: statisticsFragment([0.9, 0.5]),
    names: (i: number) => [STATISTICS.moving(i), STATISTICS.read(i), STATISTICS.batch(i)] as const,
  };

  test('move by their own momentum towards the batch', async () => {
    const found = await move({
      ...moved,
      runs: [
        {
          proceed: true,
          towards: [
            [3, 5],
            [3, 5],
          ],
        },
      ],
    });
    expectClose(found, { a: [1.2, 1.4], b: [2, 3] });
  });

  test('stay where they are, to the last bit, in a step that does not count', async () => {
    const bad: [number[], number[]] = [
      [Number.NaN, 1],
      [3, Number.POSITIVE_INFINITY],
    ];
    const found = await move({ ...moved, runs: [{ proceed: false, towards: bad }] });
    expect(found).toEqual({ a: [1, 1], b: [1, 1] });
  });
});

describe('averages', () => {
  const moved = {
    fragment: averageFragment(2),
    names: (i: number) => [AVERAGE.average(i), AVERAGE.read(i), AVERAGE.value(i)] as const,
  };

  test('move by the decay of the run', async () => {
    const found = await move({
      ...moved,
      runs: [
        {
          proceed: true,
          towards: [
            [3, 5],
            [-1, 0],
          ],
          decay: 0.75,
        },
        {
          proceed: true,
          towards: [
            [3, 5],
            [-1, 0],
          ],
          decay: 0.5,
        },
      ],
    });
    expectClose(found, { a: [2.25, 3.5], b: [-0.25, 0.375] });
  });

  test('copy with a decay of 0, to the last bit', async () => {
    const values: [number[], number[]] = [
      [1e-20, 0.1],
      [-3e7, 1 / 3],
    ];
    const found = await move({ ...moved, runs: [{ proceed: true, towards: values, decay: 0 }] });
    expect(found).toEqual({ a: values[0].map(Math.fround), b: values[1].map(Math.fround) });
  });

  test('are the mean with decays of n / (n + 1)', async () => {
    const values = [4, 1, -3, 10, 8];
    const runs = values.map((value, n) => {
      const towards: [number[], number[]] = [
        [value, 2 * value],
        [-value, 0],
      ];
      return { proceed: true, towards, decay: n / (n + 1) };
    });
    expectClose(await move({ ...moved, runs }), { a: [4, 8], b: [-4, 0] });
  });

  test('stay where they are, to the last bit, where the update did not take place', async () => {
    const bad: [number[], number[]] = [
      [Number.NaN, 1],
      [3, Number.POSITIVE_INFINITY],
    ];
    const found = await move({ ...moved, runs: [{ proceed: false, towards: bad, decay: 0.3 }] });
    expect(found).toEqual({ a: [1, 1], b: [1, 1] });
  });
});

test('the decay of an exponential moving average warms up', () => {
  expect([0, 1, 8, 90].map((updates) => emaDecayAt(updates, 0.999))).toEqual([0.1, 2 / 11, 0.5, 0.91]);
  expect(emaDecayAt(1e6, 0.999)).toBe(0.999);
  expect(emaDecayAt(0, 0)).toBe(0);
  for (let t = 1; t < 20_000; t++) {
    expect(emaDecayAt(t, 0.999)).toBeGreaterThanOrEqual(emaDecayAt(t - 1, 0.999));
  }
});
