/**
 * Our own pipeline as a program of the benchmark: batches in TensorFlow's memory and, where asked, augmented by the graph
 * of a training step, while the next are decoded.
 *
 *     node pipeline.js DECODER JOB    # JSON: see job.ts
 */
import sharp from 'sharp';
import { augment } from '../../src/augment/index.js';
import { batches } from '../../src/data/batches.js';
import { DECODERS, type DecoderName } from '../../src/data/decode/index.js';
import { imageFiles } from '../../src/data/images/index.js';
import { Fragment, Graph, Session, Tensor, tensorflowVersion } from '../../src/tensorflow/index.js';
import { AUGMENTATIONS, filesOf, type Job } from './job.js';
import { serveRounds } from './rounds.js';

const [name, text] = process.argv.slice(2);
const job: Job = JSON.parse(text!);
// How many images are decoded at once is the pipeline's own choice.
const { repeats, batchSize, imageSize, augmented } = job;
const files = filesOf(job);
const dataset = {
  length: files.length,
  labels: new Int32Array(files.length),
  source: { kind: 'encoded', images: imageFiles(files) },
} as const;
const decoder = DECODERS[name as DecoderName]();
const indices = Int32Array.from({ length: files.length * repeats }, (_, i) => i % files.length);
const finish = augmented ? augmentation() : async () => {};

/** Runs the graph of the augmentations on a batch. */
function augmentation(): (images: Tensor, update: number) => Promise<void> {
  const f = new Fragment();
  f.input('pixels', 'uint8', [-1, imageSize, imageSize, 3]);
  f.input('seed', 'int64', [2]);
  const common = { height: imageSize, width: imageSize, size: imageSize, seed: 'seed', decoded: true };
  const output = augment(f, 'pixels', { ...common, augmentations: AUGMENTATIONS });
  const graph = new Graph();
  graph.import(f);
  const session = new Session(graph);
  return async (images, update) => {
    const seed = Tensor.from('int64', [0n, BigInt(update)]);
    try {
      const [result] = await session.run([['pixels', images] as const, ['seed', seed] as const], [output]);
      result!.dispose();
    } finally {
      seed.dispose();
    }
  };
}

async function pass(epoch: number): Promise<number> {
  let images = 0;
  for await (const batch of batches(dataset, {
    batchSize,
    imageSize,
    indices,
    crop: { seed: 0, epoch },
    decoder,
  })) {
    await finish(batch.images, epoch * indices.length + images);
    images += batch.size;
    batch.dispose();
  }
  return images;
}

const { sharp: version, vips, mozjpeg } = sharp.versions;
await serveRounds(
  `sharp ${version}, libvips ${vips}, mozjpeg ${mozjpeg}; TensorFlow ${tensorflowVersion()}`,
  pass,
);
await decoder.close?.();
// Otherwise koffi's threads and the session would keep it alive.
process.exit();
