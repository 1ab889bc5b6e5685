/**
 * Does three SAM steps of a base in this process, and prints its peak resident memory in bytes:
 *
 *     node --import tsx test/model/peak-memory.ts efficientnet-b0 224 16 adamw
 */
import { findBase } from '../../models/catalogue/index.js';
import { Model } from '../../src/model/index.js';
import type { OptimizerName } from '../../src/optimize/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program } from '../../src/train/index.js';
import { plain } from '../train/small-network.js';

const [name, size, batch, optimizer] = process.argv.slice(2);
const [imageSize, batchSize] = [Number(size), Number(batch)];
const base = findBase(name!)!;
const model = new Model({
  topology: base.build({ imageSize }),
  weights: new Map(),
  labels: [],
  preprocessing: base.preprocessing,
  imageSize,
});
const program = Program.create(model, {
  ...plain,
  source: { height: imageSize, width: imageSize },
  optimizer: optimizer as OptimizerName,
});
await program.start();
const pixels = Uint8Array.from({ length: batchSize * imageSize ** 2 * 3 }, (_, i) => (i * 89) % 256);
const images = Tensor.from('uint8', pixels, [batchSize, imageSize, imageSize, 3]);
const labels = Tensor.from(
  'int32',
  Int32Array.from({ length: batchSize }, (_, i) => i),
);
for (let step = 0; step < 3; step++)
  await program.step({ batches: [{ images, labels }], step, learningRate: 0.01, rho: 0.05 });
images.dispose();
labels.dispose();
await program.close();
// In kibibytes, on every system that Node runs on.
console.log(process.resourceUsage().maxRSS * 1024);
process.exit(0);
