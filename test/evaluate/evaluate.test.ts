import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { evaluate, evaluateLogits } from '../../src/evaluate/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { arrayDataset, arrayTask, smallModel } from '../train/small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const task = arrayTask(3, { test: 10 });
const modelFor = () => Object.assign(smallModel(), { labels: task.classes });

describe('evaluate', () => {
  test('counts every held-out image once, whatever the batch size', async () => {
    const model = modelFor();
    const progress: [number, number][] = [];
    const small = await evaluate(model, task, { batchSize: 4, onProgress: (...done) => progress.push(done) });
    const large = await evaluate(model, task);
    await model.dispose();
    expect(progress).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ]);
    expect(small.count).toBe(10);
    expect(small.top1).toBe(large.top1);
    expect(small.loss).toBeCloseTo(large.loss, 5);
  });

  test('takes metrics from the logits of the right images', async () => {
    const dataset = arrayDataset(7, { classes: 3 });
    // Logits that point at the label of the image, told from its first pixel.
    const first = new Map(Array.from(dataset.labels, (label, i) => [pixelOf(dataset, i), label]));
    const metrics = await evaluateLogits(
      async (images) => {
        const rows = images.shape[0]!;
        const right = Array.from({ length: rows }, (_, i) => first.get(Number(images.data[i * 192]))!);
        return Tensor.from(
          'float32',
          right.flatMap((label) => [0, 1, 2].map((k) => (k === label ? 4 : 0))),
          [rows, 3],
        );
      },
      dataset,
      { imageSize: 8, batchSize: 3 },
    );
    expect(metrics).toMatchObject({ count: 7, top1: 1 });
    expect(metrics.loss).toBeCloseTo(Math.log(1 + 2 * Math.exp(-4)), 5);
  });

  test.each([
    [
      'another number of classes',
      ['a', 'b'],
      /3 \(class 0, class 1, class 2\).*'brightness' are 2 \(a, b\).*swapHead/,
    ],
    ['another order', ['class 1', 'class 0', 'class 2'], /same in the same order/],
  ])('refuses a task of %s', async (_name, classes, message) => {
    const error: unknown = await evaluate(modelFor(), { ...task, classes }).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });

  test('frees the batch when the logits fail, and stops when it is aborted', async () => {
    const failing = evaluateLogits(() => Promise.reject(new Error('no logits')), task.test, { imageSize: 8 });
    await expect(failing).rejects.toThrow('no logits');
    const model = modelFor();
    const stopped = evaluate(model, task, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
    await model.dispose();
  });
});

function pixelOf({ source }: ReturnType<typeof arrayDataset>, i: number): number {
  if (source.kind !== 'array') throw new Error('expected an array');
  return source.pixels[i * 192]!;
}
