import { expect, test } from 'vitest';
import { smoothTargets } from '../../src/loss/index.js';
import { Fragment } from '../../src/tensorflow/index.js';
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
