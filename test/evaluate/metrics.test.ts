import { describe, expect, test } from 'vitest';
import { type Metrics, MetricsCounter, softmax } from '../../src/evaluate/index.js';
import { logSumExp } from '../../src/evaluate/metrics.js';

function metricsOf(...images: [logits: number[], label: number][]): Metrics {
  const counter = new MetricsCounter();
  counter.add(
    Float32Array.from(images.flatMap(([logits]) => logits)),
    Int32Array.from(images, ([, label]) => label),
  );
  return counter.result;
}

describe('metrics', () => {
  const seven = [7, 6, 5, 4, 3, 2, 1];

  test('by hand', () => {
    const { count, top1, top5, loss } = metricsOf([seven, 0], [seven, 4], [seven, 5], [seven, 6]);
    expect({ count, top1, top5 }).toEqual({ count: 4, top1: 0.25, top5: 0.5 });
    const normalizer = Math.log(seven.reduce((sum, value) => sum + Math.exp(value), 0));
    expect(loss).toBeCloseTo((4 * normalizer - (7 + 3 + 2 + 1)) / 4, 6);
  });

  test('add up over batches of any size', () => {
    const counter = new MetricsCounter();
    counter.add(Float32Array.of(1, 0, 0, 1, 1, 0), Int32Array.of(0, 0, 1));
    counter.add(Float32Array.of(3, 0), Int32Array.of(0));
    const { count, top1 } = counter.result;
    expect({ count, top1 }).toEqual({ count: 4, top1: 0.5 });
  });

  test('with fewer than five classes everything is among the top 5', () => {
    expect(metricsOf([[3, 2, 1], 2])).toMatchObject({ top1: 0, top5: 1 });
  });

  test('a tie for the largest is a miss: a network that says nothing is not right', () => {
    expect(metricsOf([[0, 0], 0], [[0, 0], 1]).top1).toBe(0);
    expect(metricsOf([[2, 2, 2, 2, 2, 2, 0], 0]).top5).toBe(0);
    expect(metricsOf([[1, 1, 1, 1, 1, 0, 0], 0]).top5).toBe(1);
  });

  test.each([
    ['its own logit, of many classes', [Number.NaN, 1, 1, 1, 1, 1, 1], 0],
    ['its own logit, of few', [Number.NaN, 1], 0],
    ['all logits', [Number.NaN, Number.NaN], 1],
  ])('an image is a miss where %s is not a number', (_name, logits, label) => {
    expect(metricsOf([logits, label])).toMatchObject({ top1: 0, top5: 0, loss: Number.NaN });
  });

  test('another logit that is not a number counts as larger', () => {
    expect(metricsOf([[9, Number.NaN, 1], 0]).top1).toBe(0);
  });

  test('large logits overflow nothing', () => {
    const { loss, top1 } = metricsOf([[1000, 0], 0], [[-1000, 0], 0]);
    expect(top1).toBe(0.5);
    expect(loss).toBe(500);
  });
});

test('logSumExp and softmax', () => {
  expect(logSumExp(Float32Array.of(0, 0))).toBeCloseTo(Math.LN2, 12);
  expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 9);
  const [a, b] = softmax(Float32Array.of(Math.log(3), 0));
  expect(a).toBeCloseTo(0.75, 6);
  expect(b).toBeCloseTo(0.25, 6);
});
