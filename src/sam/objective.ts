import { attr, Fragment, type Graph, type Output } from '../tensorflow/index.js';
import { UNSCALE, unscaleFragment } from '../tensorflow/precision.js';
import {
  ASCENT,
  ascentFragment,
  combines,
  DESCENT,
  descentFragment,
  REUSE,
  reuseFragment,
  reuses,
  type SamOptions,
} from './methods.js';

/** One forward pass in a graph: where its loss comes out. */
export interface Pass {
  loss: Output;
  /**
   * Adds the gradient of `loss`, the pass's own or a multiple of it, for some of its weights. @default that of
   * TensorFlow, which keeps every value of the pass
   */
  gradients?: (loss: Output, weights: readonly string[], prefix: string) => ByWeight;
}

/** One output a weight, by the weight's name. */
export type ByWeight = ReadonlyMap<string, Output>;

/** Which images of its sub-batch a pass takes: all, or the part that the ascent gradient is taken from. */
export type Rows = 'all' | 'ascent';

/** What passes are called: at w, at w on the images of the ascent alone, and at w + e. */
export const PASSES = { clean: 'clean', ascent: 'ascent_images', perturbed: 'perturbed' } as const;

/** One sub-batch in a graph: the images that one perturbation is made for. */
export interface SubBatch<P extends Pass> {
  /** Put before the names of its nodes, with a slash; empty for none. */
  prefix: string;
  /** Names of the trained weights. */
  weights: readonly string[];
  /** The value of a weight, as an output of the graph. */
  read: (weight: string) => Output;
  /**
   * Imports the forward pass and the loss under `prefix`, on the given values of the trained weights. All passes
   * of a sub-batch must see the same images and the same masks.
   */
  pass: (prefix: string, values: Readonly<Record<string, Output>>, rows: Rows) => P;
  /**
   * Scalar that the loss is multiplied by on its way back: gradients come out as without. In mixed precision it is
   * always given: behind the division all is float32.
   */
  lossScale?: Output;
}

/** A pass, and the gradient of its loss. */
export interface PassGradients<P extends Pass> {
  pass: P;
  gradients: ByWeight;
}

const under = (prefix: string, name: string) => (prefix ? `${prefix}/${name}` : name);

/** The pass at w and its gradient for `weights`, by default all of the trained ones. */
export function cleanGradients<P extends Pass>(
  graph: Graph,
  subBatch: SubBatch<P>,
  { rows, weights = subBatch.weights }: { rows: Rows; weights?: readonly string[] },
): PassGradients<P> {
  const prefix = under(subBatch.prefix, rows === 'all' ? PASSES.clean : PASSES.ascent);
  const values = new Map(subBatch.weights.map((name) => [name, subBatch.read(name)]));
  return passGradients(graph, subBatch, { prefix, values, rows, weights });
}

/** The pass at w + e and its gradient for all trained weights; `values` are those that are perturbed. */
export function perturbedGradients<P extends Pass>(
  graph: Graph,
  subBatch: SubBatch<P>,
  perturbed: ByWeight,
): PassGradients<P> {
  const { prefix, weights, read } = subBatch;
  const values = new Map(weights.map((name) => [name, perturbed.get(name) ?? read(name)]));
  return passGradients(graph, subBatch, {
    prefix: under(prefix, PASSES.perturbed),
    values,
    rows: 'all',
    weights,
  });
}

interface PassOptions {
  prefix: string;
  values: ByWeight;
  rows: Rows;
  weights: readonly string[];
}

function passGradients<P extends Pass>(
  graph: Graph,
  { pass, lossScale }: SubBatch<P>,
  { prefix, values, rows, weights }: PassOptions,
): PassGradients<P> {
  const added = pass(prefix, Object.fromEntries(values), rows);
  const gradientsOf = (loss: Output): ByWeight => {
    const at = `${prefix}_gradients`;
    if (added.gradients) return added.gradients(loss, weights, at);
    const found = graph.gradients(
      [loss],
      weights.map((name) => values.get(name)!),
      at,
    );
    return new Map(weights.map((name, i) => [name, found[i]!]));
  };
  if (lossScale === undefined) return { pass: added, gradients: gradientsOf(added.loss) };
  const scaled = `${prefix}_scaled`;
  graph.import(scaleFragment(), scaled, { scale: lossScale, loss: added.loss });
  const gradients = gradientsOf(`${scaled}/scaled`);
  const unscaled = `${prefix}_unscaled`;
  graph.import(unscaleFragment(gradients.size), unscaled, {
    [UNSCALE.scale]: lossScale,
    ...Object.fromEntries([...gradients.values()].map((output, i) => [UNSCALE.gradient(i), output])),
  });
  return {
    pass: added,
    gradients: new Map([...gradients.keys()].map((name, i) => [name, `${unscaled}/${UNSCALE.unscaled(i)}`])),
  };
}

function scaleFragment(): Fragment {
  const f = new Fragment();
  f.math('Mul', [f.input('loss', 'float32', []), f.input('scale', 'float32', [])], 'float32', 'scaled');
  return f;
}

export interface PerturbOptions {
  prefix: string;
  sam: SamOptions;
  /** The weights that are perturbed: see {@link perturbedWeights}. */
  weights: readonly string[];
  read: (weight: string) => Output;
  /** Their ascent gradient, at least. */
  gradients: ByWeight;
  /** Scalar. */
  rho: Output;
  /** int64 `[2]`, for methods that draw. */
  seed: Output;
}

/**
 * Adds w + e (arXiv 2010.01412, algorithm 1, and its relatives). The variables are never perturbed: w + e exists
 * only as values on the way to the second pass.
 *
 * @returns the values of the perturbed weights, and the norm of their gradient, a scalar
 */
export function addPerturbation(
  graph: Graph,
  { prefix, sam, weights: names, read, gradients, rho, seed }: PerturbOptions,
): { values: ByWeight; norm: Output } {
  const at = under(prefix, 'ascent');
  const fragment = ascentFragment(names, sam);
  const bindings: Record<string, Output> = { [ASCENT.rho]: rho };
  if (fragment.has(ASCENT.seed)) bindings[ASCENT.seed] = seed;
  names.forEach((name, i) => {
    bindings[ASCENT.weight(i)] = read(name);
    bindings[ASCENT.gradient(i)] = gradients.get(name)!;
  });
  graph.import(fragment, at, bindings);
  return {
    values: new Map(names.map((name, i) => [name, `${at}/${ASCENT.perturbed(i)}`])),
    norm: `${at}/${ASCENT.norm}`,
  };
}

/** What the optimizer gets, and what a method keeps for the steps between. */
export interface Combined {
  gradients: ByWeight;
  /** The direction that is reused; undefined for methods that reuse none. */
  directions?: ByWeight;
}

/** Adds what the method makes of the gradients at w and at w + e. */
export function addDescent(
  graph: Graph,
  prefix: string,
  sam: SamOptions,
  clean: ByWeight,
  perturbed: ByWeight,
): Combined {
  if (!combines(sam.method)) return { gradients: perturbed };
  const names = [...perturbed.keys()];
  const at = under(prefix, 'descent');
  const bindings: Record<string, Output> = {};
  names.forEach((name, i) => {
    bindings[DESCENT.clean(i)] = clean.get(name)!;
    bindings[DESCENT.perturbed(i)] = perturbed.get(name)!;
  });
  graph.import(descentFragment(names, sam), at, bindings);
  const outputs = (of: (i: number) => string) => new Map(names.map((name, i) => [name, `${at}/${of(i)}`]));
  return {
    gradients: outputs(DESCENT.gradient),
    ...(reuses(sam.method) && { directions: outputs(DESCENT.direction) }),
  };
}

/** Adds what the method makes of the gradient at w in a step without ascent: the gradient itself, unless it reuses. */
export function addReuse(
  graph: Graph,
  prefix: string,
  sam: SamOptions,
  clean: ByWeight,
  directions: (weight: string) => Output,
): ByWeight {
  if (!reuses(sam.method)) return clean;
  const names = [...clean.keys()];
  const at = under(prefix, 'reuse');
  const bindings: Record<string, Output> = {};
  names.forEach((name, i) => {
    bindings[REUSE.clean(i)] = clean.get(name)!;
    bindings[REUSE.direction(i)] = directions(name);
  });
  graph.import(reuseFragment(names, sam), at, bindings);
  return new Map(names.map((name, i) => [name, `${at}/${REUSE.gradient(i)}`]));
}

/** Adds the mean of `branches`, output by output; that of one branch is the branch itself. */
export function addMean(graph: Graph, prefix: string, branches: readonly ByWeight[]): ByWeight {
  const [first] = branches;
  if (!first || branches.length === 1) return first ?? new Map();
  const f = new Fragment();
  const bindings: Record<string, Output> = {};
  const share = f.scalar(1 / branches.length);
  [...first.keys()].forEach((name, i) => {
    const terms = branches.map((branch, k) => {
      bindings[`x${i}_${k}`] = branch.get(name)!;
      return f.input(`x${i}_${k}`);
    });
    const sum = f.op('AddN', terms, { T: attr.type('float32'), N: attr.int(terms.length) });
    f.math('Mul', [sum, share], 'float32', `mean${i}`);
  });
  graph.import(f, prefix, bindings);
  return new Map([...first.keys()].map((name, i) => [name, `${prefix}/mean${i}`]));
}
