import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statisticsFit } from '../../../src/model/graph/drift.js';
import { unfoldNorms } from '../../../src/model/graph/index.js';
import { buildForward, type Model } from '../../../src/model/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { batchOf, runSteps } from '../../train/run-steps.js';
import { plain, smallModel, smallTopology } from '../../train/small-network.js';
import { largestDifference } from '../../weights/tfjs-graph/run-in-tfjs.js';
import { pseudoRandom } from '../run-layers.js';
import { foldedGraph } from './folded-graph.js';

const EPSILON = 1e-3;

/** The small network of layers with weights that were drawn, and statistics that are those of its images. */
async function fittedLayers(): Promise<Model> {
  const weights = new Map(
    buildForward(smallTopology(), { training: false }).weights.map(({ name, shape }, i) => {
      const length = shape.reduce((x, y) => x * y, 1);
      const drawn = pseudoRandom(length, { seed: i + 1 });
      const positive = /gamma|variance/.test(name);
      const data = positive ? drawn.map((value) => 1 + value / 2) : drawn;
      return [name, { dtype: 'float32' as const, shape, data }];
    }),
  );
  // Fifty steps with a learning rate of zero move the statistics, and nothing else.
  const { weights: moved } = await runSteps(
    smallModel({ weights }),
    { ...plain, sam: undefined, bnMomentum: 0.5 },
    { steps: 50, rho: 0, learningRate: 0, batch: 24 },
  );
  return smallModel({ weights: moved });
}

const channelsOf = (model: Model, name: string) => model.weights.get(name)!.data as Float32Array;

describe('batch normalization that was folded', () => {
  let layers: Model;
  let folded: Model;
  let unfolded: Model;
  const live = Tensor.liveCount;

  beforeAll(async () => {
    layers = await fittedLayers();
    folded = foldedGraph(layers);
    const batches = [1, 2, 3].map((seed) => batchOf(24, { seed }));
    unfolded = await unfoldNorms(
      folded,
      batches.map(({ images }) => images),
      { epsilon: EPSILON },
    );
    for (const { images, labels } of batches) {
      images.dispose();
      labels.dispose();
    }
  });

  afterAll(() => expect(Tensor.liveCount).toBe(live));

  test('is gone in the graph, and comes back', () => {
    expect([...folded.weights.keys()].sort()).toEqual([
      'dwconv/bias',
      'dwconv/depthwise_kernel',
      'predictions/bias',
      'predictions/kernel',
      'stem_conv/bias',
      'stem_conv/kernel',
    ]);
    const statistics = ['beta', 'gamma', 'moving_mean', 'moving_variance'];
    expect([...unfolded.weights.keys()].sort()).toEqual(
      [
        'dwconv/depthwise_kernel',
        'predictions/bias',
        'predictions/kernel',
        'stem_conv/kernel',
        ...statistics.flatMap((name) => [`dwconv_bn/${name}`, `stem_conv_bn/${name}`]),
      ].sort(),
    );
    const forward = buildForward(unfolded.topology, { training: true });
    expect(forward.statistics.map(({ layer }) => layer).sort()).toEqual(['dwconv_bn', 'stem_conv_bn']);
    const moving = forward.weights.filter(({ name }) => name.includes('moving'));
    expect(moving.map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    expect(buildForward(unfolded.topology, { training: true, normMode: 'moving' }).statistics).toEqual([]);
  });

  test('leaves what the model computes as it is', async () => {
    const { images, labels } = batchOf(5, { seed: 9 });
    const outputs = await Promise.all([layers, folded, unfolded].map((model) => model.run(images)));
    const [original, before, after] = outputs.map(({ data }) => Float32Array.from(data));
    for (const tensor of [images, labels, ...outputs]) tensor.dispose();
    await Promise.all([layers, folded, unfolded].map((model) => model.dispose()));
    expect(largestDifference(before!, original!)).toBeLessThan(1e-5);
    expect(largestDifference(after!, before!)).toBeLessThan(1e-5);
    expect(new Set(original).size).toBe(15);
  });

  test('has the gamma and beta of the original, as far as its images tell', () => {
    for (const [norm, original] of [
      ['stem_conv_bn', 'stem_bn'],
      ['dwconv_bn', 'dw_bn'],
    ]) {
      const gamma = channelsOf(layers, `${original}/gamma`);
      const beta = channelsOf(layers, `${original}/beta`);
      channelsOf(unfolded, `${norm}/gamma`).forEach((value, c) => {
        expect(Math.abs(value / Math.abs(gamma[c]!) - 1), `${norm} gamma ${c}`).toBeLessThan(0.15);
      });
      expect(largestDifference(channelsOf(unfolded, `${norm}/beta`), beta)).toBeLessThan(0.3);
    }
  });

  test('has kernels as large as new ones, by channel', () => {
    const kernel = channelsOf(unfolded, 'stem_conv/kernel');
    const norms = Array.from({ length: 6 }, (_, c) =>
      kernel.reduce((sum, value, k) => (k % 6 === c ? sum + value ** 2 : sum), 0),
    );
    expect(largestDifference(norms, new Array(6).fill((2 * 3) / 6))).toBeLessThan(1e-5);
  });

  test('trains with SAM, in step with its statistics', async () => {
    const { results, weights } = await runSteps(unfolded, plain, { rho: 0.05, steps: 6 });
    expect(results.at(-1)!.perturbedLoss).toBeGreaterThan(0);
    expect(weights.get('stem_conv_bn/moving_mean')).not.toEqual(
      unfolded.weights.get('stem_conv_bn/moving_mean'),
    );
    const same = await runSteps(folded, plain, { rho: 0.05, steps: 6 });
    expect(same.results.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  test('starts anew where statistics do not fit, and the function stays', async () => {
    const told: string[] = [];
    const kernel = folded.weights.get('dwconv/depthwise_kernel')!;
    const grown = { ...kernel, data: (kernel.data as Float32Array).map((value) => value * 10) };
    const odd = folded.with({ weights: new Map([...folded.weights, ['dwconv/depthwise_kernel', grown]]) });
    const { images, labels } = batchOf(12);
    const anew = await unfoldNorms(odd, [images], { onProgress: (message) => told.push(message) });
    const outputs = [await odd.run(images), await anew.run(images)];
    const [before, after] = outputs.map(({ data }) => Float32Array.from(data));
    for (const tensor of [images, labels, ...outputs]) tensor.dispose();
    await Promise.all([odd.dispose(), anew.dispose()]);
    expect(told).toEqual([expect.stringContaining('do not fit these images')]);
    expect([...channelsOf(anew, 'dwconv_bn/gamma')]).toEqual([1, 1, 1, 1, 1, 1]);
    const size = Math.max(...before!.map(Math.abs));
    expect(largestDifference(after!, before!) / size).toBeLessThan(1e-4);
  });
});

test('what cannot be unfolded is refused', async () => {
  const { images, labels } = batchOf(4);
  await expect(unfoldNorms(smallModel(), [images])).rejects.toThrow(
    'A layers model has its batch normalization',
  );
  const layers = await fittedLayers();
  await expect(unfoldNorms(foldedGraph(layers), [])).rejects.toThrow('there are none. Give a batch or more');
  const unfolded = await unfoldNorms(foldedGraph(layers), [images]);
  await expect(unfoldNorms(unfolded, [images])).rejects.toThrow(
    'has no convolution that a batch normalization',
  );
  images.dispose();
  labels.dispose();
});

test('statistics fit where outputs keep their size with depth', () => {
  expect(statisticsFit([3, 2, 2, 1.5, 1.4, 1.2, 1.3, 1.2])).toBe(true);
  expect(statisticsFit([1, 1, 1.4, 2, 3, 5, 8, 12])).toBe(false);
  expect(statisticsFit([1, 1, 0.8, 0.5, 0.3, 0.2, 0.1, 0.1])).toBe(false);
});
