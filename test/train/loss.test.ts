import { expect, test } from 'vitest';
import { Fragment } from '../../src/tensorflow/index.js';
import { LOSS, lossFragment, smoothTargets } from '../../src/train/loss.js';
import { runFragment } from '../model/run-fragment.js';

async function targetsOf(labels: number[], options: { classes: number; smoothing: number }) {
  const f = new Fragment();
  f.input('labels', 'int32', [-1]);
  const targets = smoothTargets(f, 'labels', options);
  const [found] = await runFragment(f, { labels: { dtype: 'int32', values: labels } }, [targets]);
  return found!;
}

test.each([
  [2, 0.1],
  [5, 0.3],
  [1000, 0.1],
])('with %i classes and smoothing %f each target sums to 1', async (classes, smoothing) => {
  const { shape, values } = await targetsOf([0, classes - 1], { classes, smoothing });
  expect(shape).toEqual([2, classes]);
  for (const row of [values.slice(0, classes), values.slice(classes)]) {
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  }
  expect(values[0]).toBeCloseTo(1 - smoothing + smoothing / classes, 6);
  expect(values[1]).toBeCloseTo(smoothing / classes, 6);
  expect(values.at(-1)).toBe(values[0]);
});

test('without smoothing they are 0 and 1', async () => {
  const { values } = await targetsOf([2, 0], { classes: 3, smoothing: 0 });
  expect(values).toEqual([0, 0, 1, 1, 0, 0]);
});

test('the loss is the mean cross-entropy of softmax and targets', async () => {
  const logits = [
    [2, -1, 0.5],
    [0, 3, -2],
  ];
  const smoothing = 0.3;
  const labels = [0, 2];
  const targets = await targetsOf(labels, { classes: 3, smoothing });
  const [loss] = await runFragment(
    lossFragment(),
    { [LOSS.logits]: { values: logits.flat(), shape: [2, 3] }, [LOSS.targets]: targets },
    [LOSS.loss],
  );
  const each = logits.map((row, i) => {
    const sum = row.reduce((total, value) => total + Math.exp(value), 0);
    return row.reduce((total, value, k) => {
      const target = (k === labels[i] ? 1 - smoothing : 0) + smoothing / 3;
      return total - target * Math.log(Math.exp(value) / sum);
    }, 0);
  });
  expect(loss!.shape).toEqual([]);
  expect(loss!.values[0]).toBeCloseTo((each[0]! + each[1]!) / 2, 5);
});
