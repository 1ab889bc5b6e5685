import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Decoder } from '../../src/data/decode/index.js';
import { imageFiles } from '../../src/data/images/index.js';
import type { Split } from '../../src/data/images-of.js';
import { InputError } from '../../src/errors.js';
import { evaluate, evaluateLogits, MetricsCounter, softmax, VIEWS } from '../../src/evaluate/index.js';
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

  test('measures the split that is named', async () => {
    const model = modelFor();
    const measured = async (split?: Split) => evaluate(model, task, { split });
    const [test_, train, all, plain] = [
      await measured('test'),
      await measured('train'),
      await measured('all'),
      await measured(),
    ];
    await model.dispose();
    expect(plain).toEqual(test_);
    expect([test_.count, train.count, all.count]).toEqual([10, task.train.length, 10 + task.train.length]);
    expect([...all.outcomes.predicted]).toEqual([...train.outcomes.predicted, ...test_.outcomes.predicted]);
    expect([...all.outcomes.labels]).toEqual([...task.train.labels, ...task.test.labels]);
    expect(all.top1 * all.count).toBeCloseTo(train.top1 * train.count + test_.top1 * test_.count, 9);
  });

  test('refuses an unknown split, and names the nearest', async () => {
    const model = modelFor();
    const refused = evaluate(model, task, { split: 'tests' as Split });
    await expect(refused).rejects.toThrow(
      "Unknown split 'tests'. Did you mean 'test'? Known: test, train, all.",
    );
    await expect(refused).rejects.toThrow(InputError);
    await model.dispose();
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

describe('several batches at once', () => {
  const dataset = arrayDataset(23, { classes: 3 });
  /** Logits that depend on the images; later batches are ready sooner. */
  function slow() {
    const seen = { running: 0, most: 0, calls: 0 };
    const logitsOf = async (images: Tensor) => {
      const rows = images.shape[0]!;
      seen.most = Math.max(seen.most, ++seen.running);
      await sleep(20 - 4 * seen.calls++);
      seen.running--;
      const logits = Array.from({ length: rows * 3 }, (_, i) => Number(images.data[i * 64]) / 37);
      return Tensor.from('float32', logits, [rows, 3]);
    };
    return { logitsOf, seen };
  }
  const measure = async (concurrency?: number) => {
    const { logitsOf, seen } = slow();
    const progress: number[] = [];
    const metrics = await evaluateLogits(logitsOf, dataset, {
      imageSize: 8,
      batchSize: 5,
      concurrency,
      onProgress: (done) => progress.push(done),
    });
    return { metrics, progress, most: seen.most };
  };

  test('give the very same metrics, in the same order', async () => {
    const one = await measure();
    expect(one.most).toBe(1);
    for (const concurrency of [2, 3, 9]) {
      const several = await measure(concurrency);
      expect(several.metrics).toEqual(one.metrics);
      expect(several.progress).toEqual([5, 10, 15, 20, 23]);
      expect(several.most).toBe(Math.min(concurrency, 5));
    }
  });

  test('of a real model as well', async () => {
    const model = modelFor();
    const one = await evaluate(model, task, { batchSize: 3 });
    expect(await evaluate(model, task, { batchSize: 3, concurrency: 3 })).toEqual(one);
    await model.dispose();
  });

  test('one that fails: the others are waited for and freed', async () => {
    let calls = 0;
    let running = 0;
    const failing = async () => {
      const call = ++calls;
      running++;
      await sleep(call === 2 ? 1 : 15);
      running--;
      if (call === 2) throw new Error('no logits');
      return Tensor.from('float32', new Float32Array(15), [5, 3]);
    };
    const evaluated = evaluateLogits(failing, dataset, { imageSize: 8, batchSize: 5, concurrency: 3 });
    await expect(evaluated).rejects.toThrow('no logits');
    expect(running).toBe(0);
  });

  test('one that throws at once', async () => {
    const throwing = () => {
      throw new Error('closed');
    };
    await expect(evaluateLogits(throwing, dataset, { imageSize: 8, concurrency: 2 })).rejects.toThrow(
      'closed',
    );
  });

  test.each([0, 1.5])('%s at once are refused', async (concurrency) => {
    await expect(evaluateLogits(slow().logitsOf, dataset, { imageSize: 8, concurrency })).rejects.toThrow(
      `Expected a whole number of 1 or more for concurrency, received ${concurrency}.`,
    );
  });
});

describe('test-time augmentation', () => {
  test('averages the probabilities of the image and its mirror image', async () => {
    const model = modelFor();
    const { source, labels } = task.test;
    if (source.kind !== 'array') throw new Error('expected an array');
    const mirrored = Uint8Array.from(source.pixels, (_, i) => {
      const [c, x, rest] = [i % 3, Math.floor(i / 3) % 8, Math.floor(i / 24)];
      return source.pixels[(rest * 8 + 7 - x) * 3 + c]!;
    });
    const views = await Promise.all(
      [source.pixels, mirrored].map((data) => model.logits({ data, shape: [10, 8, 8, 3] })),
    );
    const counter = new MetricsCounter();
    const probabilities = views.map(({ data }) =>
      Array.from({ length: 10 }, (_, i) => [...softmax(data.slice(3 * i, 3 * i + 3))]).flat(),
    );
    const [a, b] = probabilities;
    counter.add(
      Float32Array.from(a!, (p, k) => Math.log((p + b![k]!) / 2)),
      labels,
    );
    const found = await evaluate(model, task, { tta: 'flip', batchSize: 4 });
    expect(found.loss).toBeCloseTo(counter.result.loss, 5);
    expect(found).toMatchObject({ count: 10, top1: counter.result.top1 });
    expect(found.loss).not.toBeCloseTo((await evaluate(model, task)).loss, 5);
    await model.dispose();
  });

  test.each(Object.keys(VIEWS))('%s, on arrays and on files', async (tta) => {
    const model = modelFor();
    const onArrays = await evaluate(model, task, { tta });
    const sizes = new Set<number>();
    const decoder: Decoder = {
      name: 'fake',
      async decode(_file, slot, { imageSize }) {
        sizes.add(imageSize);
        slot.fill(100);
      },
    };
    const paths = Array.from({ length: 10 }, (_, i) => `${i}.png`);
    const files = {
      ...task,
      test: { ...task.test, source: { kind: 'encoded', images: imageFiles(paths) } as const },
    };
    const onFiles = await evaluate(model, files, { tta, decoder });
    await model.dispose();
    expect([onArrays.count, onFiles.count]).toEqual([10, 10]);
    expect(Number.isFinite(onArrays.loss + onFiles.loss)).toBe(true);
    expect([...sizes]).toEqual([tta.includes('crops') ? 9 : 8]);
  });

  test('is refused where the task has no mirror images, and where it is unknown', async () => {
    const model = modelFor();
    await expect(evaluate(model, { ...task, mirrors: false }, { tta: 'flip' })).rejects.toThrow(
      /--tta flip mirrors images.*Take crops:5, or none/,
    );
    await expect(evaluate(model, task, { tta: 'ten' })).rejects.toThrow(/Unknown name for --tta: 'ten'/);
    expect((await evaluate(model, { ...task, mirrors: false }, { tta: 'crops' })).count).toBe(10);
    await model.dispose();
  });
});

function pixelOf({ source }: ReturnType<typeof arrayDataset>, i: number): number {
  if (source.kind !== 'array') throw new Error('expected an array');
  return source.pixels[i * 192]!;
}
