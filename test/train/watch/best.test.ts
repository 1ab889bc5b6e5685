import { describe, expect, test } from 'vitest';
import { type BestMetric, BestTracker, bestSchema, type Evaluation } from '../../../src/train/watch/index.js';

const evaluation = (epoch: number, top1: number, loss: number, top5 = top1): Evaluation => ({
  epoch,
  top1,
  top5,
  loss,
  // Each is the best at another epoch than the rest.
  macroPrecision: epoch === 1 ? 0.9 : 0.5,
  macroRecall: epoch === 2 ? 0.9 : 0.5,
  macroF1: epoch === 5 ? 0.9 : 0.5,
});

describe('BestTracker', () => {
  test.each<[BestMetric, number]>([
    ['top1', 2],
    ['top5', 3],
    ['loss', 4],
    ['macro-precision', 1],
    ['macro-recall', 2],
    ['macro-f1', 5],
  ])('by %s, epoch %i is the best', (metric, expected) => {
    const tracker = new BestTracker(metric);
    expect(tracker.best).toBeNull();
    const taken = [
      evaluation(1, 0.1, 3, 0.2),
      evaluation(2, 0.9, 2, 0.91),
      evaluation(3, 0.8, 1.5, 0.99),
      evaluation(4, 0.7, 0.5, 0.9),
      evaluation(5, 0.6, 0.6, 0.8),
    ].filter((each) => tracker.offer(each));
    expect(taken.at(-1)!.epoch).toBe(expected);
    expect(tracker.best).toEqual(taken.at(-1));
  });

  test.each<BestMetric>(['top1', 'top5', 'loss'])('of equal ones by %s the later is kept', (metric) => {
    const tracker = new BestTracker(metric);
    expect([1, 2, 3].map((epoch) => tracker.offer(evaluation(epoch, 0.5, 1)))).toEqual([true, true, true]);
    expect(tracker.best!.epoch).toBe(3);
  });

  test('keeps the other metrics of the best', () => {
    const tracker = new BestTracker('loss');
    tracker.offer(evaluation(1, 0.4, 1, 0.7));
    tracker.offer(evaluation(2, 0.9, 2, 0.9));
    expect(tracker.best).toEqual(evaluation(1, 0.4, 1, 0.7));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'a loss of %s is the best only until there is another',
    (loss) => {
      const tracker = new BestTracker('loss');
      expect(tracker.offer(evaluation(1, 0, loss))).toBe(true);
      expect(tracker.offer(evaluation(2, 0, 7))).toBe(true);
      expect(tracker.offer(evaluation(3, 0, loss))).toBe(false);
      expect(tracker.best!.epoch).toBe(2);
    },
  );

  test('goes on from its state, through JSON, as it would have', () => {
    const whole = new BestTracker('top1');
    const first = new BestTracker('top1');
    for (const tracker of [whole, first]) tracker.offer(evaluation(1, 0.5, Number.NaN));
    const state = bestSchema.parse(JSON.parse(JSON.stringify(first.best)));
    const resumed = new BestTracker('top1', state);
    expect(resumed.best).toEqual(first.best);
    for (const [epoch, top1] of [0.4, 0.5, 0.45].entries()) {
      const next = evaluation(epoch + 2, top1, 1);
      expect(resumed.offer(next)).toBe(whole.offer(next));
    }
    expect(resumed.best).toEqual(whole.best);
    expect(resumed.best!.epoch).toBe(3);
  });
});
