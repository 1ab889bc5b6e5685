import type { WeightMap } from '../../../src/model/weights.js';

/** Weights that logits.py gives a model: the same formula, so that no file of weights has to be kept. */
export function filledWeights(shapes: Iterable<readonly [string, readonly number[]]>): WeightMap {
  const weights: WeightMap = new Map();
  for (const [name, shape] of shapes) {
    if (name.endsWith('num_batches_tracked')) {
      weights.set(name, { dtype: 'int64', shape, data: new BigInt64Array(1) });
    } else {
      weights.set(name, { dtype: 'float32', shape, data: fill(name, shape) });
    }
  }
  return weights;
}

/** Kernels by their fan-in; normalizations near 1, their statistics away from what they start as. */
function fill(name: string, shape: readonly number[]): Float32Array {
  const [scale, offset] = rangeOf(name, shape);
  const values = new Float32Array(product(shape));
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  for (let i = 0; i < values.length; i += 1) {
    let x = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    values[i] = offset + scale * ((x >>> 0) / 2 ** 32);
  }
  return values;
}

function rangeOf(name: string, shape: readonly number[]): [scale: number, offset: number] {
  if (shape.length > 1) {
    const bound = Math.sqrt(4 / product(shape.slice(1)));
    return [2 * bound, -bound];
  }
  if (name.endsWith('running_var')) return [1, 0.5];
  return name.endsWith('weight') ? [0.4, 0.8] : [0.4, -0.2];
}

const product = (shape: readonly number[]) => shape.reduce((count, size) => count * size, 1);
