import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { findBase } from '../../models/catalogue/index.js';
import type { Conventions } from '../../models/conventions.js';
import type { LayersTopology } from '../../models/topology.js';
import { buildForward, Model, type ModelData, type Pixels, type WeightMap } from '../../src/model/index.js';
import { pseudoRandom, runLayers } from '../model/run-layers.js';

/** A base with weights that look random, and statistics of images that keep its logits of a sane size. */
export async function sampleModel(
  name: string,
  {
    imageSize = 64,
    classes = 10,
    conventions = {},
  }: { imageSize?: number; classes?: number; conventions?: Partial<Conventions> } = {},
): Promise<Model> {
  const base = findBase(name)!;
  const topology = base.build({ imageSize, classes, ...conventions });
  const labels = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const { preprocessing } = base;
  const weights = sampleWeights(topology);
  await calibrate(topology, weights, { imageSize, preprocessing });
  return new Model({ topology, weights, labels, preprocessing, imageSize });
}

/** Gives normalizations the statistics of a few images: without, a deep network gives the same for all of them. */
async function calibrate(
  topology: LayersTopology,
  weights: WeightMap,
  { imageSize, preprocessing: { mean, std } }: Pick<ModelData, 'imageSize' | 'preprocessing'>,
): Promise<void> {
  const waves = sampleImages(imageSize).data;
  const noise = pseudoRandom(3 * waves.length, { seed: 5, scale: 127.5 }).map((value) => value + 127.5);
  const values = Float32Array.from([...waves, ...noise], (value, i) => (value - mean[i % 3]!) / std[i % 3]!);
  const shape = [8, imageSize, imageSize, 3];
  const { statistics } = await runLayers(topology, weights, { values, shape }, { training: true });
  for (const [layer, { mean: batchMean, variance }] of Object.entries(statistics)) {
    const moving = { moving_mean: batchMean, moving_variance: variance };
    for (const [role, data] of Object.entries(moving)) {
      weights.set(`${layer}/${role}`, { dtype: 'float32', shape: [data.length], data });
    }
  }
}

/** Kernels by their fan-in; normalizations near 1, their statistics away from what they start as. */
export function sampleWeights(topology: LayersTopology): WeightMap {
  return new Map(
    buildForward(topology, { training: false }).weights.map(({ name, shape }, i) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const isDepthwise = name.endsWith('depthwise_kernel');
      const fanIn = shape.slice(0, isDepthwise ? 2 : -1).reduce((a, b) => a * b, 1);
      const [scale, offset] = rangeOf(name, fanIn);
      const data = pseudoRandom(length, { seed: 17 * i + 3, scale }).map((value) => value + offset);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

function rangeOf(name: string, fanIn: number): [scale: number, offset: number] {
  if (name.endsWith('kernel')) return [Math.sqrt(4 / fanIn), 0];
  if (name.endsWith('variance')) return [0.5, 1];
  return name.endsWith('gamma') ? [0.2, 1] : [0.2, 0];
}

/** The images x[h, w, c] = 127.5 (1 + sin(0.05 h + 0.031 w + 1.7 c)) and 127.5 (1 + cos(0.11 h w + c)). */
export function sampleImages(size: number): Pixels & { data: Float32Array } {
  const half = 3 * size * size;
  const data = Float32Array.from({ length: 2 * half }, (_, i) => {
    const [h, w, c] = [Math.floor((i % half) / (3 * size)), Math.floor(i / 3) % size, i % 3];
    const wave = i < half ? Math.sin(0.05 * h + 0.031 * w + 1.7 * c) : Math.cos(0.11 * h * w + c);
    return 127.5 * (1 + wave);
  });
  return { data, shape: [2, size, size, 3] };
}

/** The first photo of each class folder, cut to a square. */
export async function firstPhotos(folder: string, size: number): Promise<Pixels & { data: Float32Array }> {
  const classes = readdirSync(folder).sort();
  const photos = await Promise.all(
    classes.map((name) => {
      const [photo] = readdirSync(join(folder, name)).sort();
      return sharp(join(folder, name, photo!))
        .resize(size, size)
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer();
    }),
  );
  return { data: Float32Array.from(Buffer.concat(photos)), shape: [classes.length, size, size, 3] };
}

/** The largest difference of two logits of one image, by the image's largest logit. */
export function deviation(received: ArrayLike<number>, expected: ArrayLike<number>, classes: number): number {
  if (received.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let at = 0; at < expected.length; at += classes) {
    const row = Array.from({ length: classes }, (_, k) => expected[at + k]!);
    const largest = Math.max(...row.map(Math.abs));
    for (const [k, value] of row.entries()) {
      worst = Math.max(worst, Math.abs(received[at + k]! - value) / largest);
    }
  }
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst;
}
