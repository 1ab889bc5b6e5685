import type { LayersTopology } from '../../models/topology.js';
import { buildForward, type WeightMap } from '../../src/model/index.js';
import { Fragment, Graph, Session, Tensor } from '../../src/tensorflow/index.js';

export interface Images {
  values: Float32Array;
  shape: number[];
}

/** Numbers that look random and are the same in every run. */
export function pseudoRandom(length: number, { scale = 1, seed = 1 } = {}): Float32Array {
  let state = seed >>> 0;
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = scale * (state / 2 ** 31 - 1);
  }
  return values;
}

export interface LayersResult {
  output: Float32Array;
  /** Gradient of the sum of the squared output, by weight, and for the images as `images`. */
  gradients: Record<string, Float32Array>;
  /** Batch mean and variance, by layer. */
  statistics: Record<string, { mean: Float32Array; variance: Float32Array }>;
}

/** Runs a topology through the engine, with the given weights, once. */
export async function runLayers(
  topology: LayersTopology,
  weights: WeightMap,
  images: Images,
  { training = false, normMode = 'batch' as 'batch' | 'moving', seed = [1n, 0n], gradients = false } = {},
): Promise<LayersResult> {
  const forward = buildForward(topology, { training, normMode });
  const graph = new Graph();
  graph.import(forward.fragment);
  const names = [...forward.weights.filter(({ trainable }) => trainable).map(({ name }) => name), 'images'];
  const squared = new Fragment();
  squared.math('Square', [squared.input('x')], 'float32', 'y');
  graph.import(squared, 'squared', { x: forward.logits });
  const slopes = gradients ? graph.gradients(['squared/y'], names, 'slopes') : [];
  const session = new Session(graph, { grappler: false });
  const feeds: [string, Tensor][] = [['images', Tensor.from('float32', images.values, images.shape)]];
  for (const { name, shape } of forward.weights) {
    feeds.push([name, Tensor.from('float32', weights.get(name)!.data as Float32Array, shape)]);
  }
  if (forward.random) feeds.push(['seed', Tensor.from('int64', seed)]);
  try {
    const found = forward.statistics.flatMap(({ batchMean, batchVariance }) => [batchMean, batchVariance]);
    const results = await session.run(feeds, [forward.logits, ...slopes, ...found]);
    const copies = results.map((tensor) => Float32Array.from(tensor.data as Float32Array));
    for (const tensor of results) tensor.dispose();
    const at = 1 + slopes.length;
    return {
      output: copies[0]!,
      gradients: Object.fromEntries(slopes.map((_, i) => [names[i], copies[1 + i]!])),
      statistics: Object.fromEntries(
        forward.statistics.map(({ layer }, i) => [
          layer,
          { mean: copies[at + 2 * i]!, variance: copies[at + 2 * i + 1]! },
        ]),
      ),
    };
  } finally {
    for (const [, tensor] of feeds) tensor.dispose();
    await session.close();
    graph.dispose();
  }
}
