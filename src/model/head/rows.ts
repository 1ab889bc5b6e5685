import { Random } from '../../data/random.js';
import type { WeightMap, WeightTensor } from '../weights.js';
import type { MatchedClass } from './match.js';

export interface RowOptions {
  /** The classifier's layer name. */
  layer: string;
  classes: number;
  matches: readonly MatchedClass[];
  /** Largest absolute value of a drawn number, by the number of features; 0 for zeros. */
  limit: (features: number) => number;
  seed: number;
}

/** What the numbers of a seed are drawn for: see `STREAMS` in the data room, which end well below. */
const HEAD_STREAM = 1000;

/**
 * Kernel and bias of a new classifier that keeps the rows of the classes that the old one knew: kernel
 * `[..., features, classes]` with one column a class. The others are drawn from -limit..limit, uniformly; their bias is 0.
 */
export function keepRows(old: WeightMap, options: RowOptions): WeightMap {
  const { layer, classes, matches, seed } = options;
  const kernel = old.get(`${layer}/kernel`)!;
  const bias = old.get(`${layer}/bias`);
  const oldClasses = kernel.shape.at(-1)!;
  const features = kernel.data.length / oldClasses;
  const limit = options.limit(features);
  const random = Random.seeded(seed, HEAD_STREAM);
  const newKernel = Float32Array.from({ length: features * classes }, () =>
    limit > 0 ? limit * (random.uint32() / 2 ** 31 - 1) : 0,
  );
  const newBias = new Float32Array(classes);
  for (const { index, oldIndex } of matches) {
    for (let row = 0; row < features; row++) {
      newKernel[row * classes + index] = Number(kernel.data[row * oldClasses + oldIndex]);
    }
    newBias[index] = Number(bias?.data[oldIndex] ?? 0);
  }
  const tensor = (shape: readonly number[], data: Float32Array): WeightTensor => ({
    dtype: 'float32',
    shape,
    data,
  });
  return new Map([
    [`${layer}/kernel`, tensor([...kernel.shape.slice(0, -1), classes], newKernel)],
    [`${layer}/bias`, tensor([classes], newBias)],
  ]);
}
