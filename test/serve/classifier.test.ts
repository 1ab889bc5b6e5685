import { expect, test, vi } from 'vitest';
import { predict } from '../../src/evaluate/index.js';
import { classifier } from '../../src/serve/classifier.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { servers } from './in-process.js';

const { model, files } = servers();
const OPTIONS = { batchSize: 4, maxWait: 0, maxPixels: 1_000_000 };

test('after the warm-up one image runs alone, and says what it says elsewhere', async () => {
  const [prediction] = await predict(model, [files[0]!.path], { logits: true });
  const run = vi.spyOn(model, 'run');
  const sizes = () => run.mock.calls.map(([{ shape }]) => shape[0]);
  const { warmUp, logitsOf } = classifier(model, OPTIONS);
  await warmUp();
  expect(sizes()).toEqual([4, 1]);
  const found = await logitsOf(files[0]!.bytes);
  expect(sizes()).toEqual([4, 1, 1]);
  expect([...found]).toHaveLength(prediction!.logits!.length);
  prediction!.logits!.forEach((logit, k) => {
    expect(found[k]).toBeCloseTo(logit, 4);
  });
  expect(Tensor.liveCount).toBe(0);
});

test('a batch that fails gives back its memory, and is told to each of its images', async () => {
  const { logitsOf, underWay } = classifier(model, OPTIONS);
  vi.spyOn(model, 'run').mockRejectedValue(new Error('out of memory'));
  const found = await Promise.allSettled(files.map(({ bytes }) => logitsOf(bytes)));
  expect(found.map(({ status }) => status)).toEqual(files.map(() => 'rejected'));
  expect(underWay).toEqual({ decoding: 0, waiting: 0, running: 0 });
  expect(Tensor.liveCount).toBe(0);
});

test('an image that is given up before it is decoded is not', async () => {
  const { logitsOf } = classifier(model, { ...OPTIONS, workers: 1 });
  const gone = new AbortController();
  const [first, second] = [logitsOf(files[0]!.bytes), logitsOf(files[1]!.bytes, gone.signal)];
  gone.abort();
  await expect(second).rejects.toThrow();
  expect(await first).toHaveLength(model.labels.length);
});
