import { describe, expect, test } from 'vitest';
import { addObjective } from '../../src/sam/index.js';
import { attr, Fragment, Graph, type Output } from '../../src/tensorflow/index.js';
import { type Fed, runGraph } from '../model/run-fragment.js';

/** L = sum of the squares of all weights, as a fragment with one parameter a weight. */
function squares(weights: readonly string[]): Fragment {
  const f = new Fragment();
  const terms = weights.map((name) => f.math('L2Loss', [f.input(name)]));
  const half = f.op('AddN', terms, { T: attr.type('float32'), N: attr.int(terms.length) });
  f.math('Mul', [half, f.scalar(2)], 'float32', 'loss');
  return f;
}

/** The objective of `loss` on weights that are fed, with the fed value `rho` or without SAM. */
async function objectiveOf(loss: Fragment, weights: Record<string, Fed>, rho?: number) {
  const names = Object.keys(weights);
  const parameters = new Fragment();
  for (const name of names) parameters.input(name);
  parameters.input('rho', 'float32', []);
  const graph = new Graph();
  try {
    graph.import(parameters);
    const objective = addObjective(graph, {
      weights: names,
      read: (name) => name,
      rho: rho === undefined ? undefined : 'rho',
      pass: (prefix, values) => {
        graph.import(loss, prefix, values);
        return { loss: `${prefix}/loss` };
      },
    });
    const { clean, perturbed, cleanNorm, gradients } = objective;
    const outputs: Record<string, Output | undefined> = {
      ...Object.fromEntries(gradients),
      clean: clean.loss,
      perturbed: perturbed?.loss,
      cleanNorm,
    };
    const wanted = Object.entries(outputs).filter(
      (entry): entry is [string, Output] => entry[1] !== undefined,
    );
    const feeds = rho === undefined ? weights : { ...weights, rho: { values: [rho], shape: [] } };
    const found = await runGraph(
      graph,
      feeds,
      wanted.map(([, output]) => output),
    );
    return Object.fromEntries(wanted.map(([name], i) => [name, found[i]!.values]));
  } finally {
    graph.dispose();
  }
}

describe('L = w^2 at w = 3', () => {
  const weights = { w: { values: [3] } };

  test('with rho = 1 the gradient is 8: that of w + 1', async () => {
    const found = await objectiveOf(squares(['w']), weights, 1);
    expect(found).toEqual({ w: [8], clean: [9], perturbed: [16], cleanNorm: [6] });
  });

  test('without SAM the gradient is 6, and there is no second pass', async () => {
    expect(await objectiveOf(squares(['w']), weights)).toEqual({ w: [6], clean: [9] });
  });

  test('with rho = 0 the gradient is 6', async () => {
    const found = await objectiveOf(squares(['w']), weights, 0);
    expect(found).toEqual({ w: [6], clean: [9], perturbed: [9], cleanNorm: [6] });
  });

  test('at its minimum nothing is NaN', async () => {
    const found = await objectiveOf(squares(['w']), { w: { values: [0] } }, 1);
    expect(found).toEqual({ w: [0], clean: [0], perturbed: [0], cleanNorm: [0] });
  });
});

test('e = rho g / ||g|| over all weights together; the gradient does not go through e', async () => {
  const [a, b] = [
    [1, -2, 0.5],
    [4, 0.25],
  ];
  const rho = 0.7;
  const found = await objectiveOf(squares(['a', 'b']), { a: { values: a! }, b: { values: b! } }, rho);
  const g = [...a!, ...b!].map((w) => 2 * w);
  const norm = Math.hypot(...g);
  const expected = [...a!, ...b!].map((w, i) => 2 * (w + (rho * g[i]!) / norm));
  expect(found.cleanNorm![0]).toBeCloseTo(norm, 5);
  [...found.a!, ...found.b!].forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
});

test('the ascent raises the loss by about rho ||g||', async () => {
  const rho = 1e-3;
  const found = await objectiveOf(squares(['w']), { w: { values: [3, -1, 2] } }, rho);
  const rise = found.perturbed![0]! - found.clean![0]!;
  expect(rise).toBeGreaterThan(0);
  expect(rise / (rho * found.cleanNorm![0]!)).toBeCloseTo(1, 2);
});
