import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shuffled } from '../../src/data/random.js';
import { Model, swapHead, unfoldNorms, withDropout } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program, type ProgramOptions } from '../../src/train/index.js';
import { readGraphModel } from '../../src/weights/tfjs-graph/index.js';
import { testData } from '../test-data.js';
import { plain } from '../train/small-network.js';
import { convertedB0, layersB0 } from './converted-b0.js';

const cifar = testData('cifar10/cifar-10-batches-bin');
const missing = convertedB0 === undefined || cifar === undefined;

/** Side that images of 32 pixels are enlarged to. */
const SIDE = 64;
const BATCH = 16;
const STEPS = 50;
/** Steps that are averaged to one point of a curve. */
const WINDOW = 10;
const RECORD = 3073;

interface Optimizer extends Pick<ProgramOptions, 'optimizer'> {
  learningRate: number;
}

const NESTEROV: Optimizer = { optimizer: 'nesterov', learningRate: 0.05 };

let records: Buffer;

beforeAll(() => {
  if (missing) return;
  const parts = [1, 2, 3, 4, 5].map((part) => readFileSync(join(cifar as string, `data_batch_${part}.bin`)));
  records = Buffer.concat(parts);
});

/** Images of CIFAR-10, planes to pixels. The caller disposes of both. */
function batchOf(rows: Int32Array): { images: Tensor<'uint8'>; labels: Tensor<'int32'> } {
  const pixels = new Uint8Array(rows.length * 3072);
  const labels = new Int32Array(rows.length);
  rows.forEach((row, b) => {
    labels[b] = records[row * RECORD] as number;
    for (let p = 0; p < 1024; p++) {
      for (let c = 0; c < 3; c++) {
        pixels[b * 3072 + p * 3 + c] = records[row * RECORD + 1 + c * 1024 + p] as number;
      }
    }
  });
  return {
    images: Tensor.from('uint8', pixels, [rows.length, 32, 32, 3]),
    labels: Tensor.from('int32', labels),
  };
}

/** Rows in the order of a seed. */
const order = (seed: number): Int32Array => shuffled(records.length / RECORD, seed, 0);

/** A new classifier, and nothing random beside the images: the graph has no masks. */
const headed = (model: Model): Model => {
  const sized = swapHead(model.with({ imageSize: SIDE }), { classes: 10 });
  return withDropout(sized, { dropout: 0, ...(sized.topology.class_name !== 'Graph' && { dropConnect: 0 }) });
};

/** The loss at w over steps with SAM, a mean for each {@link WINDOW}. */
async function curve(model: Model, seed: number, { optimizer, learningRate }: Optimizer): Promise<number[]> {
  const options: ProgramOptions = {
    ...plain,
    source: { height: 32, width: 32 },
    labelSmoothing: 0,
    weightDecay: 0,
    bnMomentum: undefined,
    optimizer,
    seed,
  };
  const program = Program.create(model, options);
  const losses: number[] = [];
  try {
    await program.start();
    const rows = order(seed);
    for (let step = 0; step < STEPS; step++) {
      const { images, labels } = batchOf(rows.slice(step * BATCH, (step + 1) * BATCH));
      try {
        losses.push((await program.step({ images, labels, step, learningRate, rho: 0.05 })).loss);
      } finally {
        images.dispose();
        labels.dispose();
      }
    }
  } finally {
    await program.close();
  }
  return Array.from({ length: STEPS / WINDOW }, (_, w) => mean(losses.slice(w * WINDOW, (w + 1) * WINDOW)));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const shown = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(' ');

describe.skipIf(missing)('a graph model of B0 fine-tunes on CIFAR-10 with SAM', () => {
  let graph: Model;
  let layers: number[][];

  beforeAll(async () => {
    graph = headed(new Model(await readGraphModel(join(convertedB0 as string, 'graph-float32'))));
    const model = headed(await layersB0());
    layers = [];
    for (const seed of [1, 2, 3]) layers.push(await curve(model, seed, NESTEROV));
    for (const each of layers) console.log(`layers     ${shown(each)}`);
  }, 300_000);
  afterAll(async () => graph?.dispose());

  test('with its normalizations unfolded, its loss falls like that of the layers model', async () => {
    const images = batchOf(order(99).slice(0, 128));
    const unfolded = await unfoldNorms(graph, [images.images]);
    images.images.dispose();
    images.labels.dispose();
    const curves: number[][] = [];
    for (const seed of [1, 2, 3]) curves.push(await curve(unfolded, seed, NESTEROV));
    for (const each of curves) console.log(`unfolded   ${shown(each)}`);
    const at = (all: readonly number[][], w: number) => all.map((each) => each[w] as number);
    const windows = curves[0]!.map((_, w) => w);
    // The noise of the images' order: how far the layers model's own seeds lie apart.
    const noise = Math.max(...windows.map((w) => Math.max(...at(layers, w)) - Math.min(...at(layers, w))));
    for (const w of windows) {
      const apart = Math.abs(mean(at(curves, w)) - mean(at(layers, w)));
      expect(apart, `steps ${w * WINDOW} to ${(w + 1) * WINDOW}`).toBeLessThan(noise);
    }
    const fall = (all: readonly number[][]) => mean(at(all, 0)) - mean(at(all, windows.at(-1)!));
    expect(fall(layers)).toBeGreaterThan(0.2);
    expect(fall(curves)).toBeGreaterThan(0.2);
  }, 300_000);

  test('as it is, folded, it takes steps at a smaller rate: losses stay numbers', async () => {
    const folded = await curve(graph, 1, { optimizer: 'adamw', learningRate: 1e-4 });
    console.log(`folded     ${shown(folded)}`);
    for (const loss of folded) expect(loss).toSatisfy(Number.isFinite);
  }, 300_000);
});
