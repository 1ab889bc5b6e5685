import {
  ASCENT,
  ascentFragment,
  DESCENT,
  descentFragment,
  REUSE,
  reuseFragment,
  reuses,
  type SamOptions,
} from '../../src/sam/methods.js';
import { type Fed, runFragment, seedOf } from '../model/run-fragment.js';
import { pseudoRandom } from '../model/run-layers.js';

/** Tensors by the names of their weights. */
export type Tensors = Readonly<Record<string, Omit<Fed, 'values'> & { values: Float32Array | number[] }>>;

/** A network's worth of weights of several shapes, among them a scalar and one that is zero throughout. */
export const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'conv/kernel': [3, 3, 2, 4],
  'conv/bias': [4],
  'bn/gamma': [4],
  'bn/beta': [4],
  'scale/alpha': [],
  'zero/kernel': [2, 3],
};

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Zeros in the shapes of `given`. */
export const zerosLike = (given: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(given).map(([name, tensor]) => [
      name,
      { ...tensor, values: new Float32Array(tensor.values.length) },
    ]),
  );

/** Weights of {@link SHAPES}. */
export function someWeights(seed = 1): Tensors {
  return tensors((name, size, i) =>
    name.startsWith('zero') ? new Float32Array(size) : pseudoRandom(size, { seed: seed + i }),
  );
}

/** Gradients for them, each of another size; that of a bias is zero throughout. */
export function someGradients(seed = 100, scale = 1): Tensors {
  return tensors((name, size, i) =>
    name === 'conv/bias'
      ? new Float32Array(size)
      : pseudoRandom(size, { seed: seed + i, scale: scale * 10 ** (1 - i) }),
  );
}

function tensors(valuesOf: (name: string, size: number, i: number) => Float32Array): Tensors {
  return Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape], i) => [
      name,
      { values: valuesOf(name, sizeOf(shape), i), shape },
    ]),
  );
}

/** As the reference takes them. */
export const inFloat64 = (given: Tensors): Map<string, Float64Array> =>
  new Map(Object.entries(given).map(([name, { values }]) => [name, Float64Array.from(values)]));

type ByName = Record<string, number[]>;

const named = (names: readonly string[], found: readonly { values: number[] }[]): ByName =>
  Object.fromEntries(names.map((name, i) => [name, found[i]!.values]));

/** Runs the ascent on all of the given weights. */
export async function ascend(
  weights: Tensors,
  gradients: Tensors,
  { rho, seed = [1, 0], ...options }: SamOptions & { rho: number; seed?: readonly [number, number] },
): Promise<{ perturbed: ByName; norm: number }> {
  const names = Object.keys(weights);
  const fragment = ascentFragment(names, options);
  const feeds: Record<string, Fed> = { [ASCENT.rho]: { values: [rho], shape: [] } };
  if (fragment.has(ASCENT.seed)) feeds[ASCENT.seed] = seedOf(...seed);
  names.forEach((name, i) => {
    feeds[ASCENT.weight(i)] = weights[name]!;
    feeds[ASCENT.gradient(i)] = gradients[name]!;
  });
  const outputs = [...names.map((_, i) => ASCENT.perturbed(i)), ASCENT.norm];
  const found = await runFragment(fragment, feeds, outputs);
  return { perturbed: named(names, found), norm: found.at(-1)!.values[0]! };
}

/** Runs what a method makes of the gradients at w and at w + e. */
export async function descend(
  clean: Tensors,
  perturbed: Tensors,
  options: SamOptions,
): Promise<{ gradients: ByName; directions: ByName }> {
  const names = Object.keys(clean);
  const feeds: Record<string, Fed> = {};
  names.forEach((name, i) => {
    feeds[DESCENT.clean(i)] = clean[name]!;
    feeds[DESCENT.perturbed(i)] = perturbed[name]!;
  });
  const outputs = names.map((_, i) => DESCENT.gradient(i));
  if (reuses(options.method)) outputs.push(...names.map((_, i) => DESCENT.direction(i)));
  const found = await runFragment(descentFragment(names, options), feeds, outputs);
  const directions = found.slice(names.length);
  return { gradients: named(names, found), directions: directions.length ? named(names, directions) : {} };
}

/** Runs the gradient of a step between two ascents. */
export async function reuse(clean: Tensors, direction: Tensors, options: SamOptions): Promise<ByName> {
  const names = Object.keys(clean);
  const feeds: Record<string, Fed> = {};
  names.forEach((name, i) => {
    feeds[REUSE.clean(i)] = clean[name]!;
    feeds[REUSE.direction(i)] = direction[name]!;
  });
  const fetches = names.map((_, i) => REUSE.gradient(i));
  return named(names, await runFragment(reuseFragment(names, options), feeds, fetches));
}

/** The largest difference, as a share of the largest expected value. */
export function apart(found: ByName, expected: ReadonlyMap<string, ArrayLike<number>>): number {
  let [most, largest] = [0, 0];
  for (const [name, values] of expected) {
    Array.from(values).forEach((value, i) => {
      most = Math.max(most, Math.abs(found[name]![i]! - value));
      largest = Math.max(largest, Math.abs(value));
    });
  }
  return most / largest;
}
