import { describe, expect, test } from 'vitest';
import {
  type BestMetric,
  type Evaluation,
  Patience,
  patienceSchema,
} from '../../../src/train/watch/index.js';

/** An evaluation in which all but the loss is 0. */
const evaluation = (epoch: number, loss: number): Evaluation => ({
  epoch,
  top1: 0,
  top5: 0,
  loss,
  macroPrecision: 0,
  macroRecall: 0,
  macroF1: 0,
});

/** The first epoch with which a run of these values is over. */
function endOf(values: readonly number[], epochs: number, metric: BestMetric = 'top1'): number | undefined {
  const patience = new Patience(epochs, metric);
  for (const [i, value] of values.entries()) {
    const over = patience.observe({ ...evaluation(i + 1, 0), [metric]: value });
    expect(patience.over).toBe(over);
    if (over) return i + 1;
  }
  return undefined;
}

describe('Patience', () => {
  test.each<[number, number | undefined]>([
    [1, 3],
    [2, 6],
    [3, 7],
    [4, undefined],
    [0, undefined],
  ])('of %i epochs ends with epoch %s', (epochs, end) => {
    expect(endOf([0.1, 0.5, 0.4, 0.6, 0.5, 0.59, 0.4, 0.7], epochs)).toBe(end);
  });

  test('a smaller loss is the better one', () => {
    expect(endOf([3, 2, 1, 0.5], 1, 'loss')).toBeUndefined();
    expect(endOf([1, 2], 1, 'loss')).toBe(2);
  });

  test('standing still is no improvement', () => {
    expect(endOf([0.5, 0.5, 0.5], 2)).toBe(3);
  });

  test('a loss that is not finite is none either, and any other improves on it', () => {
    expect(endOf([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY], 2, 'loss')).toBe(3);
    expect(endOf([Number.NaN, 9, Number.NaN, 8], 2, 'loss')).toBeUndefined();
  });

  test.each([
    [0.1, 0.5, 0.4, 0.4, 0.3],
    [Number.NaN, 0.5, Number.NaN, 0.4, 0.4],
  ])('goes on from its state, through JSON, wherever it stopped', (...values) => {
    const evaluations = values.map((loss, i) => evaluation(i + 1, -loss));
    const whole = new Patience(3, 'loss');
    let state: Patience['state'] = null;
    for (const evaluation of evaluations) {
      const resumed: Patience = new Patience(3, 'loss', state);
      expect(resumed.over).toBe(whole.over);
      expect(resumed.observe(evaluation)).toBe(whole.observe(evaluation));
      state = patienceSchema.parse(JSON.parse(JSON.stringify(resumed.state)));
      expect(state).toEqual(whole.state);
    }
    expect(whole.over).toBe(true);
    expect(new Patience(3, 'loss', state).over).toBe(true);
  });
});
