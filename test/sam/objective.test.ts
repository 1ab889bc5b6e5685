import { describe, expect, test } from 'vitest';
import {
  addDescent,
  addMean,
  addPerturbation,
  addReuse,
  cleanGradients,
  perturbedGradients,
  perturbedWeights,
  type SamOptions,
  type SubBatch,
} from '../../src/sam/index.js';
import { attr, Fragment, Graph, type Output } from '../../src/tensorflow/index.js';
import { type Fed, runGraph, seedOf } from '../model/run-fragment.js';

/** L = sum of the squares of all weights, as a fragment with one parameter a weight. */
function squares(weights: readonly string[]): Fragment {
  const f = new Fragment();
  const terms = weights.map((name) => f.math('L2Loss', [f.input(name)]));
  const half = f.op('AddN', terms, { T: attr.type('float32'), N: attr.int(terms.length) });
  f.math('Mul', [half, f.scalar(2)], 'float32', 'loss');
  return f;
}

interface Given {
  rho: number;
  sam?: SamOptions;
  /** What the loss is multiplied by on its way back. */
  lossScale?: number;
}

const scalar = (value: number): Fed => ({ values: [value], shape: [] });

/** The objective of the squares on weights that are fed: losses, norm, and gradients by weight. */
async function objectiveOf(
  weights: Record<string, Fed>,
  { rho, sam = { method: 'sam' }, lossScale }: Given,
): Promise<Record<string, number[]>> {
  const names = Object.keys(weights);
  const parameters = new Fragment();
  for (const name of names) parameters.input(name);
  for (const name of ['rho', 'scale']) parameters.input(name, 'float32', []);
  parameters.input('seed', 'int64', [2]);
  const graph = new Graph();
  try {
    graph.import(parameters);
    const read = (name: string) => name;
    const subBatch: SubBatch<{ loss: Output }> = {
      prefix: '',
      weights: names,
      read,
      pass: (prefix, values) => {
        graph.import(squares(names), prefix, values);
        return { loss: `${prefix}/loss` };
      },
      ...(lossScale !== undefined && { lossScale: 'scale' }),
    };
    const clean = cleanGradients(graph, subBatch, { rows: 'all' });
    const options = {
      prefix: '',
      sam,
      weights: perturbedWeights(names, sam),
      read,
      gradients: clean.gradients,
      rho: 'rho',
      seed: 'seed',
    };
    const { values, norm } = addPerturbation(graph, options);
    const perturbed = perturbedGradients(graph, subBatch, values);
    const { gradients, directions } = addDescent(graph, '', sam, clean.gradients, perturbed.gradients);
    const outputs: Record<string, Output> = {
      ...Object.fromEntries(gradients),
      clean: clean.pass.loss,
      perturbed: perturbed.pass.loss,
      norm,
      ...Object.fromEntries([...(directions ?? [])].map(([name, output]) => [`${name} kept`, output])),
    };
    const feeds: Record<string, Fed> = { ...weights, rho: scalar(rho), seed: seedOf(1, 0) };
    if (lossScale !== undefined) {
      Object.assign(feeds, { scale: scalar(lossScale) });
    }
    const found = await runGraph(graph, feeds, Object.values(outputs));
    return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, found[i]!.values]));
  } finally {
    graph.dispose();
  }
}

describe('L = w^2 at w = 3', () => {
  const weights = { 'l/w': { values: [3] } };

  test('with rho = 1 the gradient is 8: that of w + 1', async () => {
    const found = await objectiveOf(weights, { rho: 1 });
    expect(found).toEqual({ 'l/w': [8], clean: [9], perturbed: [16], norm: [6] });
  });

  test.each(['sam', 'gsam', 'looksam', 'wsam', 'gradient-norm'] as const)(
    'with rho = 0 the gradient of %s is 6',
    async (method) => {
      const found = await objectiveOf(weights, { rho: 0, sam: { method } });
      expect(found).toMatchObject({ 'l/w': [6], clean: [9], perturbed: [9], norm: [6] });
    },
  );

  test.each(['sam', 'gsam', 'looksam', 'wsam', 'gradient-norm'] as const)(
    'at its minimum nothing of %s is NaN',
    async (method) => {
      const found = await objectiveOf({ 'l/w': { values: [0] } }, { rho: 1, sam: { method } });
      expect(found).toMatchObject({ 'l/w': [0], clean: [0], perturbed: [0], norm: [0] });
    },
  );

  test('what the loss is scaled by does not matter', async () => {
    const found = await objectiveOf(weights, { rho: 1, lossScale: 1024 });
    expect(found).toEqual({ 'l/w': [8], clean: [9], perturbed: [16], norm: [6] });
  });

  test('looksam keeps no direction: in one dimension all gradients are parallel', async () => {
    const found = await objectiveOf(weights, { rho: 1, sam: { method: 'looksam' } });
    expect(found['l/w kept']).toEqual([0]);
  });
});

test('e = rho g / ||g|| over all weights together; the gradient does not go through e', async () => {
  const [a, b] = [
    [1, -2, 0.5],
    [4, 0.25],
  ];
  const rho = 0.7;
  const found = await objectiveOf({ 'l/a': { values: a! }, 'l/b': { values: b! } }, { rho });
  const g = [...a!, ...b!].map((w) => 2 * w);
  const norm = Math.hypot(...g);
  const expected = [...a!, ...b!].map((w, i) => 2 * (w + (rho * g[i]!) / norm));
  expect(found.norm![0]).toBeCloseTo(norm, 5);
  [...found['l/a']!, ...found['l/b']!].forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
});

test('norm-only looks from where normalization layers alone have moved, at the gradient of all', async () => {
  const weights = { 'conv/kernel': { values: [3] }, 'bn/gamma': { values: [1] } };
  const sam: SamOptions = { method: 'norm-only' };
  expect(perturbedWeights(Object.keys(weights), sam)).toEqual(['bn/gamma']);
  const found = await objectiveOf(weights, { rho: 1, sam });
  expect(found).toEqual({ 'conv/kernel': [6], 'bn/gamma': [4], clean: [10], perturbed: [13], norm: [2] });
});

test('masks are drawn by the seed: about half of the weights move', async () => {
  const weights = { 'l/w': { values: new Float32Array(1000).fill(1) } };
  const found = await objectiveOf(weights, { rho: 1, sam: { method: 'sam', norm: 'inf', sparsity: 0.5 } });
  const moved = found['l/w']!.filter((g) => g === 4).length;
  expect(moved + found['l/w']!.filter((g) => g === 2).length).toBe(1000);
  expect(Math.abs(moved - 500)).toBeLessThan(4 * Math.sqrt(250));
});

test('the ascent raises the loss by about rho ||g||', async () => {
  const rho = 1e-3;
  const found = await objectiveOf({ 'l/w': { values: [3, -1, 2] } }, { rho });
  const rise = found.perturbed![0]! - found.clean![0]!;
  expect(rise).toBeGreaterThan(0);
  expect(rise / (rho * found.norm![0]!)).toBeCloseTo(1, 2);
});

describe('gradients by weight', () => {
  /** Runs what `add` adds to a graph with fed scalars. */
  async function run(
    fed: Record<string, number>,
    add: (graph: Graph) => ReadonlyMap<string, Output>,
  ): Promise<Record<string, number>> {
    const parameters = new Fragment();
    for (const name of Object.keys(fed)) parameters.input(name);
    const graph = new Graph();
    try {
      graph.import(parameters);
      const outputs = new Map(
        [...add(graph)].map(([name, output], i) => {
          // What is fed cannot be fetched as well.
          const copy = new Fragment();
          copy.identity(copy.input('x'), 'y');
          graph.import(copy, `copy${i}`, { x: output });
          return [name, `copy${i}/y`];
        }),
      );
      const feeds = Object.fromEntries(Object.entries(fed).map(([name, value]) => [name, scalar(value)]));
      const found = await runGraph(graph, feeds, [...outputs.values()]);
      return Object.fromEntries([...outputs.keys()].map((name, i) => [name, found[i]!.values[0]!]));
    } finally {
      graph.dispose();
    }
  }

  test('the mean of branches is output by output; one branch is its own', async () => {
    const branch = (name: string) =>
      new Map([
        ['l/w', `${name}0`],
        ['l/b', `${name}1`],
      ]);
    const fed = { x0: 1, x1: 2, y0: 5, y1: -4, z0: 0, z1: 8 };
    const means = await run(fed, (graph) => addMean(graph, 'mean', [branch('x'), branch('y'), branch('z')]));
    expect(means).toEqual({ 'l/w': 2, 'l/b': 2 });
    expect(await run(fed, (graph) => addMean(graph, 'mean', [branch('x')]))).toEqual({ 'l/w': 1, 'l/b': 2 });
  });

  test('between two ascents looksam adds alpha ||g|| along the kept direction, and sam nothing', async () => {
    const clean = new Map([
      ['l/w', 'g0'],
      ['l/b', 'g1'],
    ]);
    const kept = (name: string) => (name === 'l/w' ? 'v0' : 'v1');
    const fed = { g0: 3, g1: 4, v0: 0, v1: 0.5 };
    const add = (sam: SamOptions) => (graph: Graph) => addReuse(graph, '', sam, clean, kept);
    expect(await run(fed, add({ method: 'looksam', alpha: 0.5 }))).toEqual({ 'l/w': 3, 'l/b': 6.5 });
    expect(await run(fed, add({ method: 'sam' }))).toEqual({ 'l/w': 3, 'l/b': 4 });
  });
});
