import { afterEach, describe, expect, test } from 'vitest';
import { LOSS, LOSSES, lossFragment } from '../../src/loss/index.js';
import { buildForward } from '../../src/model/index.js';
import { globalNorm } from '../../src/sam/index.js';
import { attr, Fragment, Graph, Session, type SessionConfig, Tensor } from '../../src/tensorflow/index.js';
import { inFloat32, UNSCALE, unscaleFragment } from '../../src/tensorflow/precision.js';
import { pseudoRandom } from '../model/run-layers.js';
import { smallTopology } from '../train/small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

type Feeds = Readonly<Record<string, readonly [values: ArrayLike<number>, shape: readonly number[]]>>;

/** Runs a graph once and frees it. */
async function results(graph: Graph, feeds: Feeds, fetches: readonly string[], config: SessionConfig = {}) {
  const session = new Session(graph, config);
  const tensors = Object.entries(feeds).map(
    ([name, [values, shape]]) => [name, Tensor.from('float32', values, shape)] as const,
  );
  try {
    const found = await session.run(tensors, fetches);
    const copies = found.map(({ data }) => Float32Array.from(data as Float32Array));
    for (const tensor of found) tensor.dispose();
    return copies;
  } finally {
    for (const [, tensor] of tensors) tensor.dispose();
    await session.close();
    graph.dispose();
  }
}

/** What a kernel makes of NaN and of subnormal numbers is its own affair: these are the CPU's. */
const ON_CPU: SessionConfig = { deviceCount: { GPU: 0 } };
const T = { T: attr.type('float32') };
const spatial = { ...T, strides: attr.ints([1, 1, 1, 1]), padding: attr.string('SAME') };

describe('gradients divided by the factor of the loss', () => {
  /** Gradients of the small network by a factor of its loss, all in a row, and their norm. */
  async function unscaled(factor: number) {
    const forward = buildForward(smallTopology(), { training: true });
    const graph = new Graph();
    graph.import(forward.fragment);
    const criterion = lossFragment({ loss: 'cross-entropy', classes: 3 });
    graph.import(criterion, 'objective', { [LOSS.logits]: forward.logits });
    const f = new Fragment();
    f.math('Mul', [f.input('loss'), f.input('factor', 'float32', [])], 'float32', 'product');
    graph.import(f, 'scaled', { loss: `objective/${LOSS.loss}` });
    const trained = forward.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
    const gradients = graph.gradients(['scaled/product'], trained, 'gradients');
    graph.import(unscaleFragment(trained.length), 'unscaled', {
      [UNSCALE.scale]: 'scaled/factor',
      ...Object.fromEntries(gradients.map((gradient, i) => [UNSCALE.gradient(i), gradient])),
    });
    const outputs = trained.map((_, i) => `unscaled/${UNSCALE.unscaled(i)}`);
    const g = new Fragment();
    globalNorm(
      g,
      outputs.map((_, i) => g.input(`x${i}`)),
      'norm',
    );
    graph.import(g, 'all', Object.fromEntries(outputs.map((output, i) => [`x${i}`, output])));
    const found = await results(
      graph,
      {
        images: [pseudoRandom(4 * 8 * 8 * 3), [4, 8, 8, 3]],
        [`objective/${LOSS.targets}`]: [
          [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0],
          [4, 3],
        ],
        'scaled/factor': [[factor], []],
        ...Object.fromEntries(
          forward.weights.map(({ name, shape }, i) => {
            const length = shape.reduce((a, b) => a * b, 1);
            return [name, [pseudoRandom(length, { seed: i + 1 }), shape] as const];
          }),
        ),
      },
      [...outputs, 'all/norm'],
    );
    return { gradients: found.slice(0, -1).map((each) => [...each]), norm: found.at(-1)![0]! };
  }

  test('are those of the loss itself, bit for bit, for any power of two', async () => {
    const plain = await unscaled(1);
    expect(plain.norm).toBeGreaterThan(0.1);
    for (const factor of [1024, 2 ** 24, 2 ** -16]) expect(await unscaled(factor)).toEqual(plain);
    // And any other factor rounds: the comparison can tell.
    const other = await unscaled(1000);
    expect(other.gradients).not.toEqual(plain.gradients);
    expect(other.norm).toBeCloseTo(plain.norm, 4);
  });

  test('show an overflow in their norm; the inverse of such a factor counts as zero and would hide it', async () => {
    expect((await unscaled(3e38)).norm).toBeNaN();
    const f = new Fragment();
    f.op('MulNoNan', [f.input('g'), f.input('inverse', 'float32', [])], T, 'product');
    const graph = new Graph();
    graph.import(f);
    const [hidden] = await results(
      graph,
      { g: [[Number.NaN, Number.POSITIVE_INFINITY], [2]], inverse: [[1 / 3e38], []] },
      ['product'],
      ON_CPU,
    );
    expect([...hidden!]).toEqual([0, 0]);
  });
});

describe('in bfloat16', () => {
  /** w + scale g behind a convolution's gradient g, as the next convolution gets it, and g. */
  async function perturbed({
    border,
    precision,
  }: {
    border: boolean;
    precision: 'float32' | 'mixed-bfloat16';
  }) {
    const f = new Fragment();
    f.input('x', 'float32', [2, 4, 4, 8]);
    f.input('w', 'float32', [3, 3, 8, 8]);
    f.input('scale', 'float32', []);
    f.input('one', 'float32', []);
    f.reduce('Sum', f.op('Relu', [f.op('Conv2D', ['x', 'w'], spatial)], T), [0, 1, 2, 3], { name: 'loss' });
    const graph = new Graph();
    graph.import(f);
    let [gradient] = graph.gradients(['loss'], ['w'], 'gradients');
    if (border) {
      graph.import(unscaleFragment(1), 'unscaled', {
        [UNSCALE.scale]: 'one',
        [UNSCALE.gradient(0)]: gradient!,
      });
      gradient = `unscaled/${UNSCALE.unscaled(0)}`;
    }
    const ascent = new Fragment();
    ascent.math(
      'AddV2',
      [ascent.input('w'), ascent.math('Mul', [ascent.input('g'), ascent.input('scale', 'float32', [])])],
      'float32',
      'p',
    );
    graph.import(ascent, 'ascent', { w: 'w', g: gradient!, scale: 'scale' });
    const next = new Fragment();
    next.op('Conv2D', [next.input('x'), next.input('p')], spatial, 'y');
    // What is fetched is not rewritten: these look at what is.
    for (const name of ['p', 'g']) {
      next.op(
        'DivNoNan',
        [name === 'p' ? 'p' : next.input('g'), next.has('one') ? 'one' : next.input('one', 'float32', [])],
        T,
        `seen_${name}`,
      );
    }
    graph.import(next, 'next', { x: 'x', p: 'ascent/p', g: gradient!, one: 'one' });
    const w = pseudoRandom(576);
    const [p, g] = await results(
      graph,
      {
        x: [pseudoRandom(256, { seed: 2 }), [2, 4, 4, 8]],
        w: [w, [3, 3, 8, 8]],
        scale: [[1e-3], []],
        one: [[1], []],
      },
      ['next/seen_p', 'next/seen_g', 'next/y'],
      { precision },
    );
    const exact = g!.map((value, i) => Math.fround(w[i]! + Math.fround(value * Math.fround(1e-3))));
    return { error: Math.max(...p!.map((value, i) => Math.abs(value - exact[i]!))), g: [...g!] };
  }

  test('w + e keeps all its bits behind the border', async () => {
    const { error } = await perturbed({ border: true, precision: 'mixed-bfloat16' });
    expect(error).toBeLessThan(1.5e-7);
  });

  test('and without it has eight, on a CPU that rewrites', async ({ skip }) => {
    const plain = await perturbed({ border: false, precision: 'float32' });
    expect(plain.error).toBeLessThan(1.5e-7);
    const rewritten = await perturbed({ border: false, precision: 'mixed-bfloat16' });
    skip(JSON.stringify(rewritten.g) === JSON.stringify(plain.g), 'this CPU has no bfloat16');
    expect(rewritten.error).toBeGreaterThan(1e-4);
  });
});

describe('a loss in bfloat16', () => {
  /** The focal loss on logits as they come. */
  function borderless(): Fragment {
    const f = new Fragment();
    const logits = f.input(LOSS.logits, 'float32', [-1, 4]);
    const targets = f.input(LOSS.targets, 'float32', [-1, 4]);
    const each = LOSSES.focal.add({ f, logits, targets, classes: 4, parameters: [2] });
    f.reduce('Mean', each, [0], { name: LOSS.loss });
    return f;
  }

  /** How far the focal loss of a linear classifier is from that of its logits, and the logits. */
  async function focal({ border, precision }: { border: boolean; precision: 'float32' | 'mixed-bfloat16' }) {
    const f = new Fragment();
    const product = f.op('MatMul', [f.input('x', 'float32', [8, 16]), f.input('w', 'float32', [16, 4])], T);
    const bias = f.input('b', 'float32', [4]);
    const logits = f.op('BiasAdd', [product, bias], { ...T, data_format: attr.string('NHWC') });
    const exact = inFloat32(f, logits);
    const graph = new Graph();
    graph.import(f);
    const criterion = border ? lossFragment({ loss: 'focal', classes: 4 }) : borderless();
    graph.import(criterion, 'objective', { [LOSS.logits]: logits });
    const targets = [Array.from({ length: 32 }, (_, i) => Number(i % 4 === (i >> 2) % 4)), [8, 4]] as const;
    const [loss, seen] = await results(
      graph,
      {
        x: [pseudoRandom(128), [8, 16]],
        w: [pseudoRandom(64, { seed: 2 }), [16, 4]],
        b: [[0, 0.1, 0.2, 0.3], [4]],
        [`objective/${LOSS.targets}`]: targets,
      },
      [`objective/${LOSS.loss}`, exact],
      { precision },
    );
    const alone = new Graph();
    alone.import(criterion);
    const given: Feeds = { [LOSS.logits]: [seen!, [8, 4]], [LOSS.targets]: targets };
    const [expected] = await results(alone, given, [LOSS.loss]);
    return { error: Math.abs(loss![0]! - expected![0]!), logits: [...seen!] };
  }

  test('is a float32 function of the logits behind the border', async () => {
    expect((await focal({ border: true, precision: 'mixed-bfloat16' })).error).toBeLessThan(1e-6);
  });

  test('and without it is rounded, on a CPU that rewrites', async ({ skip }) => {
    const plain = await focal({ border: false, precision: 'float32' });
    expect(plain.error).toBeLessThan(1e-6);
    const rewritten = await focal({ border: false, precision: 'mixed-bfloat16' });
    skip(JSON.stringify(rewritten.logits) === JSON.stringify(plain.logits), 'this CPU has no bfloat16');
    expect(rewritten.error).toBeGreaterThan(1e-4);
  });
});

describe('NaN in w + e', () => {
  test('can leave loss and gradient finite: who skips steps must look at the ascent’s norm too', async () => {
    const f = new Fragment();
    f.input('x', 'float32', [1, 4, 4, 1]);
    f.input('w', 'float32', [1, 1, 1, 8]);
    const pool = {
      ...T,
      ksize: attr.ints([1, 2, 2, 1]),
      strides: attr.ints([1, 2, 2, 1]),
      padding: attr.string('SAME'),
    };
    const pooled = f.op('MaxPool', [f.op('Conv2D', ['x', 'w'], spatial)], pool);
    f.reduce('Mean', f.op('Relu6', [pooled], T), [0, 1, 2, 3], { name: 'loss' });
    const graph = new Graph();
    graph.import(f);
    const [gradient] = graph.gradients(['loss'], ['w'], 'gradients');
    const w = [Number.NaN, 1, 1, 1, 1, 1, 1, 1];
    const [loss, found] = await results(
      graph,
      { x: [new Float32Array(16).fill(1), [1, 4, 4, 1]], w: [w, [1, 1, 1, 8]] },
      ['loss', gradient!],
      ON_CPU,
    );
    expect(Number.isFinite(loss![0])).toBe(true);
    expect([...found!].every(Number.isFinite)).toBe(true);
  });
});
