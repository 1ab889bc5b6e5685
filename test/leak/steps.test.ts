import { expect, test } from 'vitest';
import { batches } from '../../src/data/batches.js';
import { shuffled } from '../../src/data/random.js';
import { evaluateLogits } from '../../src/evaluate/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program } from '../../src/train/index.js';
import { arrayDataset, plain, smallModel } from '../train/small-network.js';
import { Resident } from './resident.js';

const WARM_UP = 300;
const STEPS = 1000;
/** Bytes a step; a tensor that is not freed takes its values and some hundred bytes. */
const LIMIT = 1024;

test('the measure sees one tensor of 4 kB lost at each step', () => {
  const resident = new Resident();
  const lost: Tensor[] = [];
  for (let step = 1; step <= WARM_UP + STEPS; step++) {
    const tensor = Tensor.allocate('uint8', [4096]);
    tensor.data.fill(1);
    lost.push(tensor);
    resident.after(step, { warmUp: WARM_UP });
  }
  for (const tensor of lost) tensor.dispose();
  expect(resident.growth).toBeGreaterThan(LIMIT);
});

test('1,000 SAM steps, with prefetched batches and evaluations, keep resident memory and tensors as they are', async () => {
  const before = Tensor.liveCount;
  const dataset = arrayDataset(100);
  const model = smallModel({ dropout: 0.2, dropConnect: 0.2 });
  const program = Program.create(model, { ...plain, augmentations: ['flip', 'crop'] });
  const resident = new Resident();
  await program.start();
  let step = 0;
  for (let epoch = 1; step < WARM_UP + STEPS; epoch++) {
    const order = { batchSize: 5, indices: shuffled(dataset.length, 1, epoch), lastBatch: 'drop' as const };
    for await (const batch of batches(dataset, order)) {
      const { images, labels } = batch;
      await program.step({ batches: [{ images, labels }], step, learningRate: 0.01, rho: 0.05 });
      batch.dispose();
      resident.after(++step, { warmUp: WARM_UP });
    }
    await evaluateLogits((images) => program.logits(images), dataset, { imageSize: 8 });
  }
  expect(Tensor.liveCount).toBe(before);
  await program.close();
  expect(resident.growth).toBeLessThan(LIMIT);
  expect(resident.total).toBeLessThan(8 * 2 ** 20);
});
