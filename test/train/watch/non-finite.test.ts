import { afterEach, describe, expect, test, vi } from 'vitest';
import { buildForward, Variables } from '../../../src/model/index.js';
import { initializer } from '../../../src/model/initializers.js';
import { type Feeds, Fragment, Graph, type Output, Session, Tensor } from '../../../src/tensorflow/index.js';
import {
  describeNonFinite,
  firstNonFinite,
  type NonFiniteStep,
  whichNonFinite,
} from '../../../src/train/watch/index.js';
import { pseudoRandom } from '../../model/run-layers.js';
import { smallTopology } from '../../train/small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const NAN = Number.NaN;

/** A graph with its session while `use` runs. */
async function withSession<T>(graph: Graph, use: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session(graph);
  try {
    return await use(session);
  } finally {
    await session.close();
    graph.dispose();
  }
}

async function withFeeds<T>(
  values: Readonly<Record<string, readonly [values: ArrayLike<number>, shape: readonly number[]]>>,
  use: (feeds: Feeds) => Promise<T>,
): Promise<T> {
  const feeds = Object.entries(values).map(
    ([name, [data, shape]]) => [name, Tensor.from('float32', data, shape)] as const,
  );
  try {
    return await use(feeds);
  } finally {
    for (const [, tensor] of feeds) tensor.dispose();
  }
}

/** first = exp(x), second = exp(first), third = second - second. */
function layers(): Graph {
  const f = new Fragment();
  const x = f.input('x', 'float32', [-1]);
  const first = f.math('Exp', [x], 'float32', 'first');
  const second = f.math('Exp', [first], 'float32', 'second');
  f.math('Sub', [second, second], 'float32', 'third');
  const graph = new Graph();
  graph.import(f, 'clean');
  return graph;
}
const OUTPUTS: readonly (readonly [string, Output])[] = ['first', 'second', 'third'].map(
  (name) => [name, `clean/${name}`] as const,
);

describe('firstNonFinite', () => {
  test.each<[string, number, string | undefined]>([
    ['nothing', 1, undefined],
    ['the second layer overflows, and the third makes NaN of it', 10, 'second'],
    ['the first overflows', 1000, 'first'],
    ['the input is not a number', NAN, 'first'],
  ])('%s', async (_name, value, expected) => {
    await withSession(layers(), (session) =>
      // One image of three is enough.
      withFeeds({ 'clean/x': [[0, value, 0], [3]] }, async (feeds) => {
        expect(await firstNonFinite(session.graph, session, { outputs: OUTPUTS, feeds })).toBe(expected);
      }),
    );
  });

  test('looks in the order given, at what is given', async () => {
    await withSession(layers(), (session) =>
      withFeeds({ 'clean/x': [[10], [1]] }, async (feeds) => {
        const of = (outputs: typeof OUTPUTS) => firstNonFinite(session.graph, session, { outputs, feeds });
        expect(await of(OUTPUTS.toReversed())).toBe('third');
        expect(await of([OUTPUTS[0]!])).toBeUndefined();
        expect(await of([])).toBeUndefined();
      }),
    );
  });

  test('extends a graph whose session is running, once, and leaves variables alone', async () => {
    const graph = layers();
    const spec = { name: 'kernel', shape: [2], initializer: initializer('ones', 'ones') };
    const variables = new Variables(graph, [spec], { scope: 'weights' });
    await withSession(graph, async (session) => {
      await variables.start(session, new Map(), { seed: 0 });
      const imports = vi.spyOn(graph, 'import');
      for (const [value, expected] of [
        [1, undefined],
        [10, 'second'],
        [1, undefined],
      ] as const) {
        await withFeeds({ 'clean/x': [[value], [1]] }, async (feeds) => {
          // Both at once: what else the session does goes on meanwhile.
          const [found, { own }] = await Promise.all([
            firstNonFinite(graph, session, { outputs: OUTPUTS, feeds }),
            session.scalars(feeds, { own: 'clean/first' }),
          ]);
          expect(found).toBe(expected);
          expect(own).toBeCloseTo(Math.exp(value), 1);
        });
      }
      expect(imports).toHaveBeenCalledTimes(1);
      expect((await variables.values(session)).get('kernel')!.data).toEqual(Float32Array.of(1, 1));
    });
  });

  test('of gradients by weight, from the last to the first', async () => {
    // loss = sum(late * sqrt(early * x)): at x = 0 the gradient of early is infinite or not a number.
    const f = new Fragment();
    const [x, early, late] = ['x', 'early', 'late'].map((name) => f.input(name, 'float32', [2]));
    const root = f.math('Sqrt', [f.math('Mul', [early!, x!])]);
    f.reduce('Sum', f.math('Mul', [late!, root]), [0], { name: 'loss' });
    const graph = new Graph();
    graph.import(f);
    const weights = ['late', 'early'];
    const gradients = graph.gradients(['loss'], weights, 'gradients');
    const outputs = weights.map((name, i) => [name, gradients[i]!] as const);
    await withSession(graph, async (session) => {
      for (const [values, expected] of [
        [[1, 2], undefined],
        [[1, 0], 'early'],
      ] as const) {
        await withFeeds({ x: [values, [2]], early: [[1, 1], [2]], late: [[3, 4], [2]] }, async (feeds) => {
          const { loss } = await session.scalars(feeds, { loss: 'loss' });
          expect(Number.isFinite(loss)).toBe(true);
          expect(await firstNonFinite(graph, session, { outputs, feeds })).toBe(expected);
        });
      }
    });
  });

  test.each(['stem_conv', 'dwconv', 'predictions'])('names the layer of a network: %s', async (layer) => {
    const forward = buildForward(smallTopology(), { training: true });
    const graph = new Graph();
    graph.import(forward.fragment, 'clean');
    const values = Object.fromEntries(
      forward.weights.map(({ name, shape }, i) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const huge = name.startsWith(`${layer}/`);
        return [
          `clean/${name}`,
          [pseudoRandom(size, { seed: i + 1, scale: huge ? 3e38 : 0.5 }), shape] as const,
        ];
      }),
    );
    const images = [pseudoRandom(2 * 192, { seed: 9, scale: 20 }), [2, 8, 8, 3]] as const;
    const outputs = Array.from(forward.outputs, ([name, output]) => [name, `clean/${output}`] as const);
    expect(outputs.map(([name]) => name)).toContain(layer);
    await withSession(graph, (session) =>
      withFeeds({ ...values, 'clean/images': images }, async (feeds) => {
        expect(await firstNonFinite(graph, session, { outputs, feeds })).toBe(layer);
      }),
    );
  });
});

describe('whichNonFinite', () => {
  test.each([
    [{ loss: 1, perturbedLoss: 2, gradNorm: 3 }, undefined],
    [{ loss: 1, gradNorm: 3 }, undefined],
    [{ loss: NAN, perturbedLoss: NAN, gradNorm: NAN }, 'loss'],
    [{ loss: 1, perturbedLoss: Number.POSITIVE_INFINITY, gradNorm: NAN }, 'perturbedLoss'],
    [{ loss: 1, perturbedLoss: 2, gradNorm: Number.POSITIVE_INFINITY }, 'gradient'],
  ])('%o: %s', (numbers, expected) => {
    expect(whichNonFinite(numbers)).toBe(expected);
  });
});

describe('describeNonFinite', () => {
  const step: NonFiniteStep = {
    step: 17,
    loss: 2.5,
    perturbedLoss: 3,
    gradNorm: 1,
    learningRate: 0.01,
    rho: 0.05,
    clipNorm: 0,
    precision: 'float32',
    lossScale: 1,
  };
  const said = (changes: Partial<NonFiniteStep>) => describeNonFinite({ ...step, ...changes });

  test('the loss', () => {
    expect(said({ loss: NAN, first: "layer 'block1_conv'" })).toBe(
      "The loss is NaN at step 17. The first that is not finite is layer 'block1_conv'. " +
        'Try a smaller --learning-rate (now 0.01), or a --clip-norm.',
    );
  });

  test('the perturbed loss: rho first', () => {
    expect(
      said({ perturbedLoss: Number.POSITIVE_INFINITY, first: "layer 'top_bn' at w + e", clipNorm: 5 }),
    ).toBe(
      'The perturbed loss, at w + e, is Infinity (at w it is 2.5000) at step 17. ' +
        "The first that is not finite is layer 'top_bn' at w + e. " +
        'Try a smaller --rho (now 0.05), or a smaller --learning-rate (now 0.01), or a smaller --clip-norm (now 5).',
    );
  });

  test('the gradient, with SAM and without', () => {
    expect(said({ gradNorm: NAN, first: "the gradient of 'stem_conv/kernel'" })).toBe(
      'The norm of the gradient is NaN (the loss is 2.5000) at step 17. ' +
        "The first that is not finite is the gradient of 'stem_conv/kernel'. " +
        'Try a smaller --learning-rate (now 0.01), or a smaller --rho (now 0.05), or a --clip-norm.',
    );
    expect(said({ gradNorm: NAN, rho: 0, perturbedLoss: undefined })).not.toContain('--rho');
  });

  test('the ascent gradient', () => {
    expect(
      said({ ascentNorm: Number.POSITIVE_INFINITY, gradNorm: NAN, first: "layer 'stem_conv' at w" }),
    ).toMatch(
      /^The norm of the ascent gradient, at w, is Infinity \(the loss is 2\.5000\) at step 17\. The first/,
    );
  });

  test('every output is finite', () => {
    expect(said({ loss: Number.POSITIVE_INFINITY })).toContain(
      "Every layer's output is finite: it is the loss itself that is not.",
    );
    expect(said({ gradNorm: Number.POSITIVE_INFINITY })).toContain(
      'The gradient of each weight is finite: only their norm is too large for float32.',
    );
  });

  test('mixed float16: the loss scale, and the other half-width type', () => {
    const float16 = { gradNorm: NAN, precision: 'mixed-float16' } as const;
    expect(said({ ...float16, lossScale: 1024 })).toContain(
      'or a smaller --loss-scale (now 1024) or --loss-scale dynamic, or --precision mixed-bfloat16, which',
    );
    expect(said(float16)).not.toContain('--loss-scale');
    expect(said({ gradNorm: NAN, precision: 'mixed-bfloat16' })).not.toContain('--precision');
  });

  test('before any update there is nothing to take a smaller step of', () => {
    expect(said({ step: 1, loss: NAN, first: "layer 'stem_conv'" })).toBe(
      "The loss is NaN at step 1. The first that is not finite is layer 'stem_conv'. " +
        "No update came before it: check the base's weights and the images.",
    );
    expect(said({ step: 1, loss: NAN, precision: 'mixed-float16' })).toContain('--precision mixed-bfloat16');
    expect(said({ step: 1, perturbedLoss: NAN })).toContain('--rho');
  });

  test('is for steps in which something is not finite', () => {
    expect(() => said({})).toThrow('The numbers of step 17 are all finite.');
  });
});
