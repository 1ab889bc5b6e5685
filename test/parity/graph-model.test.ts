import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { unfoldNorms } from '../../src/model/graph/index.js';
import { Model, swapHead, withDropout } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program, type ProgramOptions } from '../../src/train/index.js';
import { readGraphModel } from '../../src/weights/tfjs-graph/index.js';
import { fullRun } from '../full-run.js';
import { runLayers } from '../model/run-layers.js';
import { testData } from '../test-data.js';
import { largestDifference, probabilities } from '../weights/tfjs-graph/run-in-tfjs.js';
import { convertedB0, expectedValues, layersB0, syntheticPixels } from './converted-b0.js';

const cifar = testData('cifar10/cifar-10-batches-bin/data_batch_1.bin');
/** tfjs's probabilities are written down with five digits behind the point. */
const DIGITS = 2e-5;

const graphB0 = async (name: string) => new Model(await readGraphModel(join(convertedB0!, name)));

describe.skipIf(!convertedB0)('an EfficientNet-B0 as tensorflowjs_converter wrote it', () => {
  test('gives the logits of Keras', async () => {
    const model = await graphB0('graph-float32');
    const { data } = await model.logits(syntheticPixels());
    await model.dispose();
    const { logits } = expectedValues()['keras 2.15']!;
    const size = Math.max(...logits!.map(Math.abs));
    expect(largestDifference(data, logits!) / size).toBeLessThan(1e-4);
  });

  test.each(['graph-float32', 'graph-uint8'])('gives what tfjs computes: %s', async (name) => {
    const model = await graphB0(name);
    const { data } = await model.logits(syntheticPixels());
    await model.dispose();
    const expected = expectedValues()[`tfjs 4.22, ${name}`]!.probabilities;
    expect(largestDifference(probabilities(data, 10), expected)).toBeLessThan(DIGITS);
  });

  test('has the gradients of the layers model with the same weights', async () => {
    const layers = withDropout(await layersB0(), { dropout: 0, dropConnect: 0 });
    const graph = await graphB0('graph-float32');
    const { data: values, shape } = syntheticPixels();
    const frozen = { training: true, normMode: 'moving', gradients: true } as const;
    const ofLayers = await runLayers(layers.topology as never, layers.weights, { values, shape }, frozen);
    const ofGraph = await runLayers(graph.topology as never, graph.weights, { values, shape }, frozen);
    const trained = Object.keys(ofGraph.gradients).filter((name) => name !== 'images');
    expect(trained).toHaveLength(131);
    for (const name of trained) {
      expect(
        relative(ofGraph.gradients[name]!, unfoldedGradient(layers, ofLayers.gradients, name)),
        name,
      ).toBeLessThan(1e-3);
    }
  });
});

/**
 * What the gradient of a folded weight is by those of the layers: a kernel was multiplied by gamma / sqrt(variance +
 * epsilon), which divides its gradient; a bias is moved by beta alone.
 */
function unfoldedGradient(
  layers: Model,
  gradients: Record<string, Float32Array>,
  name: string,
): Float32Array {
  const [layer, weight] = name.split('/') as [string, string];
  const norm = layer.replace(/_dwconv$/, '_bn').replace(/_conv$/, '_bn');
  const gamma = layers.weights.get(`${norm}/gamma`)?.data as Float32Array | undefined;
  if (!gamma) return gradients[name]!;
  if (weight === 'bias') return gradients[`${norm}/beta`]!;
  const variance = layers.weights.get(`${norm}/moving_variance`)!.data as Float32Array;
  return gradients[name]!.map((value, k) => {
    const c = k % gamma.length;
    return (value * Math.sqrt(variance[c]! + 1e-3)) / gamma[c]!;
  });
}

/** ||left - right|| / ||right|| */
function relative(left: Float32Array, right: Float32Array): number {
  const difference = left.reduce((sum, value, i) => sum + (value - right[i]!) ** 2, 0);
  return Math.sqrt(difference / right.reduce((sum, value) => sum + value ** 2, 0));
}

/** Images that are learned by heart; in a short run half of them, in half of the steps. */
const IMAGES = fullRun ? 64 : 32;
const BATCH = 8;
const STEPS = (6.25 * IMAGES) / BATCH;
/** Steps of one point of a curve. */
const WINDOW = STEPS / 5;
const OPTIONS: Omit<ProgramOptions, 'seed'> = {
  source: { height: 32, width: 32 },
  augmentations: [],
  labelSmoothing: 0,
  optimizer: 'adamw',
  momentum: 0.9,
  weightDecay: 0,
  sam: { method: 'sam' },
};

/** Images of CIFAR-10 by their places in a file. The caller disposes of both. */
function imagesOf(file: Buffer, indices: readonly number[]): { images: Tensor; labels: Tensor } {
  const pixels = new Uint8Array(indices.length * 3072);
  const labels = indices.map((index) => file[index * 3073]!);
  indices.forEach((index, i) => {
    for (let p = 0; p < 3072; p++) {
      pixels[i * 3072 + p] = file[index * 3073 + 1 + (p % 3) * 1024 + Math.floor(p / 3)]!;
    }
  });
  return {
    images: Tensor.from('uint8', pixels, [indices.length, 32, 32, 3]),
    labels: Tensor.from('int32', labels),
  };
}

/**
 * The mean losses of some steps each, of fine-tuning on images that the seed selects: a curve a seed. One program starts
 * anew for each of them, which is assembled for longer than it trains.
 */
async function curves(
  model: Model,
  file: Buffer,
  seeds: readonly number[],
  steps = STEPS,
): Promise<number[][]> {
  const program = Program.create(model, { ...OPTIONS, seed: 1 });
  try {
    const found: number[][] = [];
    for (const seed of seeds) {
      await program.start();
      const losses: number[] = [];
      for (let step = 0; step < steps; step++) {
        const start = seed * IMAGES + ((step * BATCH) % IMAGES);
        const { images, labels } = imagesOf(
          file,
          Array.from({ length: BATCH }, (_, i) => start + i),
        );
        const batches = [{ images, labels }];
        const { loss } = await program.step({ batches, step, learningRate: 1e-3, rho: 0.05 });
        losses.push(loss);
        images.dispose();
        labels.dispose();
      }
      found.push(
        Array.from({ length: steps / WINDOW }, (_, i) => mean(losses.slice(i * WINDOW, (i + 1) * WINDOW))),
      );
    }
    return found;
  } finally {
    await program.close();
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const windows = (curves: readonly number[][], of: (values: number[]) => number) =>
  curves[0]!.map((_, i) => of(curves.map((values) => values[i]!)));

describe.skipIf(!convertedB0 || !cifar)('fine-tuning with SAM on CIFAR-10 from the same weights', () => {
  const shown: Record<string, string[]> = {};
  let layers: number[][];
  let unfolded: number[][];
  let folded: number[];

  beforeAll(async () => {
    const file = readFileSync(cifar!);
    const headed = (model: Model) =>
      withDropout(swapHead(model.with({ imageSize: 64 }), { classes: 10 }), { dropout: 0 });
    const asLayers = withDropout(headed(await layersB0()), { dropConnect: 0 });
    const asGraph = headed(await graphB0('graph-float32'));
    const { images, labels } = imagesOf(
      file,
      Array.from({ length: 64 }, (_, i) => 900 + i),
    );
    const normalized = await unfoldNorms(asGraph, [images]);
    images.dispose();
    labels.dispose();
    layers = await curves(asLayers, file, [1, 2, 3]);
    unfolded = await curves(normalized, file, [1, 2]);
    [folded] = (await curves(asGraph, file, [1], fullRun ? STEPS : 2 * WINDOW)) as [number[]];
    const text = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(' ');
    shown.layers = layers.map(text);
    shown['graph, norms unfolded'] = unfolded.map(text);
    shown['graph, norms folded'] = [text(folded)];
    console.info(`mean losses of ${WINDOW} steps each, one row a seed`, shown);
  }, 600_000);

  test('the loss of the graph falls like that of the layers, within the noise of seeds', () => {
    // What another 64 images change, at each point of the curve, is the noise that a difference may lie in.
    const noise = mean(windows(layers, (values) => Math.max(...values) - Math.min(...values)));
    const both = windows(layers.slice(0, 2), mean);
    const difference = mean(windows(unfolded, mean).map((value, i) => Math.abs(value - both[i]!)));
    expect(difference).toBeLessThan(noise);
    for (const values of [...layers, ...unfolded]) expect(values.at(-1)!).toBeLessThan(values[0]! / 2);
  });

  test('a graph whose norms stay folded is trained, without a normalization that follows its batches', () => {
    expect(folded.every(Number.isFinite)).toBe(true);
  });
});
