import { InputError } from '../../errors.js';
import { type Feeds, Fragment, Graph, type Output, Session, type Tensor } from '../../tensorflow/index.js';
import { buildForward } from '../forward.js';
import { addInference } from '../inference.js';
import type { Model } from '../model.js';
import { Variables } from '../variables.js';
import { nodeInForward } from './forward.js';
import type { Moments } from './norm-values.js';

/** A value of the graph, and its channels. */
export interface Place {
  node: string;
  channels: number;
}

/**
 * Mean and variance of values of a graph model, a channel, over batches of images: one pass of the unchanged network.
 *
 * @throws InputError without images
 */
export async function measureMoments(
  model: Model,
  places: readonly Place[],
  batches: Iterable<Tensor> | AsyncIterable<Tensor>,
): Promise<Moments[]> {
  const graph = new Graph();
  let session: Session | undefined;
  try {
    const { weights } = buildForward(model.topology, { training: false, imageSize: model.imageSize });
    const variables = new Variables(graph, weights, { scope: 'weights' });
    const { inputs } = addInference(graph, model, variables, { prefix: 'inference' });
    const { fragment, fetches } = momentsFragment(places.length);
    const bindings = places.map(({ node }, i) => [`x${i}`, `inference/forward/${nodeInForward(node)}`]);
    graph.import(fragment, 'moments', Object.fromEntries(bindings));
    session = new Session(graph);
    await variables.start(session, model.weights, { seed: model.seed });
    const moments = places.map(({ channels }): Moments => {
      return { count: 0, mean: new Float64Array(channels), squares: new Float64Array(channels) };
    });
    for await (const images of batches) {
      if (images.dtype !== 'uint8' && images.dtype !== 'float32') {
        throw new InputError(`Expected uint8 or float32 images, received ${images.dtype}.`);
      }
      const feeds: Feeds = [[inputs[images.dtype], images]];
      const results = await session.run(
        feeds,
        fetches.map((name) => `moments/${name}`),
      );
      try {
        for (const [i, each] of moments.entries()) addBatch(each, results.slice(3 * i, 3 * i + 3));
      } finally {
        for (const result of results) result.dispose();
      }
    }
    if (moments.some(({ count }) => count < 2)) {
      throw new InputError(
        'Batch normalization is measured on images, and there are none. Give a batch or more.',
      );
    }
    return moments;
  } finally {
    await session?.close();
    graph.dispose();
  }
}

/** Mean, variance and size of each of the inputs `x0`, `x1`, ... */
function momentsFragment(count: number): { fragment: Fragment; fetches: Output[] } {
  const f = new Fragment();
  const fetches = Array.from({ length: count }, (_, i) => {
    const x = f.input(`x${i}`);
    const mean = f.reduce('Mean', x, [0, 1, 2], { name: `mean${i}` });
    const squares = f.math('SquaredDifference', [x, mean]);
    const variance = f.reduce('Mean', squares, [0, 1, 2], { name: `variance${i}` });
    return [mean, variance, f.math('Size', [x], 'float32', `size${i}`)];
  });
  return { fragment: f, fetches: fetches.flat() };
}

/** Merges a batch's moments into those before it (Chan, Golub and LeVeque 1983, equation 2.1). */
function addBatch(moments: Moments, results: readonly Tensor[]): void {
  const [means, variances, size] = results as [Tensor, Tensor, Tensor];
  const channels = moments.mean.length;
  const added = size.item() / channels;
  const total = moments.count + added;
  for (let c = 0; c < channels; c++) {
    const difference = Number(means.data[c]) - moments.mean[c]!;
    moments.squares[c]! +=
      Number(variances.data[c]) * added + (difference * difference * moments.count * added) / total;
    moments.mean[c]! += (difference * added) / total;
  }
  moments.count = total;
}
