import type { SamOptions } from '../../src/sam/methods.js';

/** Values of the trained weights, or their gradients, by name. */
export type Values = ReadonlyMap<string, Float64Array>;

/** Which images of a step's batch a gradient is of. */
export type Rows = 'all' | 'ascent';

/** The gradient of the loss at `weights`, on images of the batch of a step. */
export type Gradient = (weights: Values, rows: Rows, step: number) => Map<string, Float64Array>;

/** What five steps are made with. Everything that `SamOptions` leaves out has its paper's value. */
export interface ReferenceOptions extends Omit<SamOptions, 'layers' | 'sparsity'> {
  rho: number;
  learningRate: number;
  /** Steps from one ascent to the next. @default 5 for looksam, else 1 */
  every?: number;
  /** Take the ascent gradient from part of the batch. @default false */
  partialAscent?: boolean;
  /** Whether a weight is perturbed. @default gamma and beta for norm-only, else all */
  isPerturbed?: (name: string) => boolean;
}

/*
 * Everything below is written from the papers' equations, on one long vector in float64, and shares no code with the
 * source.
 */

const PAPER = {
  alpha: { gsam: 0.05, looksam: 0.7, wsam: 0.9, 'gradient-norm': 0.8 } as Record<string, number>,
  every: { looksam: 5 } as Record<string, number>,
  eta: 0.01,
};

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const length = (a: readonly number[]) => Math.sqrt(dot(a, a));
/** a + s b */
const plus = (a: readonly number[], s: number, b: readonly number[]) => a.map((x, i) => x + s * b[i]!);
const flat = (values: Values) => [...values.values()].flatMap((value) => [...value]);

function shaped(like: Values, vector: readonly number[]): Map<string, Float64Array> {
  let at = 0;
  return new Map(
    [...like].map(([name, { length: size }]) => {
      at += size;
      return [name, Float64Array.from(vector.slice(at - size, at))];
    }),
  );
}

/** ||v||_q */
export function dualNorm(v: readonly number[], p: number | 'inf'): number {
  const q = p === 'inf' ? 1 : p / (p - 1);
  return v.reduce((sum, x) => sum + Math.abs(x) ** q, 0) ** (1 / q);
}

/** rho sign(v) |v|^(q-1) / (||v||_q^q)^(1/p) */
export function dualStep(v: readonly number[], p: number | 'inf', rho: number): number[] {
  if (p === 'inf') return v.map((x) => rho * Math.sign(x));
  const q = p / (p - 1);
  const denominator = v.reduce((sum, x) => sum + Math.abs(x) ** q, 0) ** (1 / p);
  return v.map((x) => (denominator === 0 ? 0 : (rho * Math.sign(x) * Math.abs(x) ** (q - 1)) / denominator));
}

/** e of every weight; zeros where a weight is not perturbed. */
export function epsilonOf(
  weights: Values,
  gradients: Values,
  options: ReferenceOptions,
): Map<string, Float64Array> {
  const { method, norm = 2, eta = PAPER.eta, rho } = options;
  const { isPerturbed = (name) => method !== 'norm-only' || /gamma|beta/.test(name) } = options;
  const names = [...weights.keys()].filter(isPerturbed);
  const w = new Map(names.map((name) => [name, weights.get(name)!]));
  const g = flat(new Map(names.map((name) => [name, gradients.get(name)!])));
  const units = [...w].flatMap(([name, value]) =>
    [...value].map((x) => (method === 'asam' && !/(bias|beta)$/.test(name) ? Math.abs(x) + eta : 1)),
  );
  const u = dualStep(
    g.map((x, i) => x * units[i]!),
    norm,
    rho,
  );
  const found = shaped(
    w,
    u.map((x, i) => x * units[i]!),
  );
  return new Map(
    [...weights].map(([name, { length: size }]) => [name, found.get(name) ?? new Float64Array(size)]),
  );
}

/** What the optimizer gets, from the gradients at w and at w + e. */
export function combined(
  g: readonly number[],
  gs: readonly number[],
  { method, alpha }: ReferenceOptions,
): number[] {
  const a = alpha ?? PAPER.alpha[method]!;
  switch (method) {
    case 'gsam': {
      const cosine = dot(g, gs) / (length(g) * length(gs));
      const parallel = gs.map((x) => (length(g) * cosine * x) / length(gs));
      return plus(gs, -a, plus(g, -1, parallel));
    }
    case 'wsam':
      return g.map((x, i) => ((1 - 2 * a) / (1 - a)) * x + (a / (1 - a)) * gs[i]!);
    case 'gradient-norm':
      return g.map((x, i) => (1 - a) * x + a * gs[i]!);
    default:
      return [...gs];
  }
}

/** LookSAM's g_v: ||g_s|| sin(theta), in the direction orthogonal to g. */
export function lookDirection(g: readonly number[], gs: readonly number[]): number[] {
  const cosine = dot(g, gs) / (length(g) * length(gs));
  return plus(
    gs,
    -length(gs) * cosine,
    plus(
      g.map(() => 0),
      1 / length(g),
      g,
    ),
  );
}

/** LookSAM's gradient between two ascents. */
export function lookBetween(
  g: readonly number[],
  gv: readonly number[],
  alpha = PAPER.alpha.looksam!,
): number[] {
  return plus(g, (alpha * length(g)) / length(gv), gv);
}

/**
 * Five steps of a method with plain SGD.
 *
 * @returns the weights after them
 */
export function fiveSteps(
  start: Values,
  gradient: Gradient,
  options: ReferenceOptions,
): Map<string, Float64Array> {
  const { method, learningRate, partialAscent = false } = options;
  const every = options.every ?? PAPER.every[method] ?? 1;
  let weights: Map<string, Float64Array> = new Map(
    [...start].map(([name, value]) => [name, Float64Array.from(value)]),
  );
  let direction: number[] = [];
  for (let step = 0; step < 5; step++) {
    let descent: number[];
    if (step % every === 0) {
      const ascent = gradient(weights, partialAscent ? 'ascent' : 'all', step);
      const epsilon = epsilonOf(weights, ascent, options);
      const there = new Map(
        [...weights].map(([name, w]) => [name, w.map((x, i) => x + epsilon.get(name)![i]!)]),
      );
      const [g, gs] = [flat(ascent), flat(gradient(there, 'all', step))];
      if (method === 'looksam') direction = lookDirection(g, gs);
      descent = combined(g, gs, options);
    } else {
      const g = flat(gradient(weights, 'all', step));
      descent = method === 'looksam' ? lookBetween(g, direction, options.alpha) : g;
    }
    weights = shaped(weights, plus(flat(weights), -learningRate, descent));
  }
  return weights;
}
