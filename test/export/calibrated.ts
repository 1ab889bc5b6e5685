import { buildForward, Model } from '../../src/model/index.js';
import type { WeightMap } from '../../src/model/weights.js';
import { importBase } from '../../src/weights/import-base.js';
import { pseudoRandom } from '../model/run-layers.js';

const around: Readonly<Record<string, [middle: number, spread: number]>> = {
  gamma: [1, 0.4],
  beta: [0, 0.3],
  moving_mean: [0, 0.3],
  moving_variance: [1, 0.6],
  bias: [0, 0.1],
};

/**
 * A base with random weights whose batch normalizations are far from doing nothing, and whose values stay in range.
 *
 * @param options.gain of each convolution, on the variance: 2 lets values grow along the many blocks without a squeeze of an
 *   EfficientNetV2, until the last bit of a pixel decides the logits
 */
export async function calibrated(name: string, imageSize: number, { gain = 2 } = {}): Promise<Model> {
  const base = await importBase(name, { weights: 'none', imageSize });
  const weights: WeightMap = new Map();
  for (const [i, { name: weight, shape }] of buildForward(base.topology, {
    training: false,
    imageSize,
  }).weights.entries()) {
    const role = weight.slice(weight.lastIndexOf('/') + 1);
    const size = shape.reduce((a, b) => a * b, 1);
    const fanIn = role === 'depthwise_kernel' ? shape[0]! * shape[1]! : size / (shape.at(-1) || 1);
    const [middle, spread] = around[role] ?? [0, Math.sqrt((3 * gain) / fanIn)];
    const data = pseudoRandom(size, { seed: i + 1 }).map((value) => middle + spread * value);
    weights.set(weight, { dtype: 'float32', shape, data });
  }
  const { topology, labels, preprocessing } = base;
  return new Model({ topology, labels, preprocessing, imageSize, weights }, { origin: name });
}

/** Images of values in 0..255. */
export function someImages(count: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(pseudoRandom(count * size * size * 3, { seed: 5 }), (value) => 128 + 127 * value);
}
