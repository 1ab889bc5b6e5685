import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { LOSS, LOSSES, lossFragment } from '../../src/loss/index.js';
import { Graph } from '../../src/tensorflow/index.js';
import { differences, divergence, expectedLoss, type Rows } from './reference.js';
import { runLoss } from './run-loss.js';

const LOGITS: Rows = [
  [2, -1, 0.5],
  [0, 3, -2],
  [-0.3, 0.1, 0.2],
];
const TARGETS: Rows = [
  [1, 0, 0],
  [0.1, 0.1, 0.8],
  [0, 0.5, 0.5],
];
const TEACHER: Rows = [
  [1, 1.5, -2],
  [-1, 0.3, 4],
  [0, 0, 0],
];
const WEIGHTS = [0.5, 2, 3];
const LOSS_NAMES = Object.keys(LOSSES);

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
const plain = (row: readonly number[], i: number) => expectedLoss('cross-entropy', row, TARGETS[i]!, []);
const weightOf = (i: number) => TARGETS[i]!.reduce((sum, share, k) => sum + share * WEIGHTS[k]!, 0);

describe('class weights', () => {
  const options = { loss: 'cross-entropy', classes: 3, classWeights: WEIGHTS };

  test('weight an example by its expected class weight, with a plain mean', async () => {
    const { each, loss, gradient } = await runLoss(options, { logits: LOGITS, targets: TARGETS });
    const expected = LOGITS.map((row, i) => weightOf(i) * plain(row, i));
    each.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    expect(loss).toBeCloseTo(mean(expected), 5);
    const slopes = differences((rows) => mean(rows.map((row, i) => weightOf(i) * plain(row, i))), LOGITS);
    slopes.forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope, 5);
    });
  });

  test('a class of weight 0 is not learned', async () => {
    const { each, gradient } = await runLoss(
      { ...options, classWeights: [0, 1, 1] },
      { logits: LOGITS, targets: TARGETS },
    );
    expect(each[0]).toBe(0);
    expect(gradient.slice(0, 3).map(Math.abs)).toEqual([0, 0, 0]);
    expect(each[1]).toBeGreaterThan(0);
  });

  test('two halves of a batch average to the whole', async () => {
    const four = { logits: [...LOGITS, [1, 1, -1]], targets: [...TARGETS, [0, 0, 1]] };
    const part = (from: number) => ({
      logits: four.logits.slice(from, from + 2),
      targets: four.targets.slice(from, from + 2),
    });
    const [whole, first, second] = [
      await runLoss(options, four),
      await runLoss(options, part(0)),
      await runLoss(options, part(2)),
    ];
    expect(mean([first.loss, second.loss])).toBeCloseTo(whole.loss, 6);
  });

  test.each(LOSS_NAMES)('are taken by %s', async (loss) => {
    const plainly = await runLoss({ loss, classes: 3 }, { logits: LOGITS, targets: TARGETS });
    const weighted = await runLoss({ ...options, loss }, { logits: LOGITS, targets: TARGETS });
    weighted.each.forEach((value, i) => {
      expect(value).toBeCloseTo(weightOf(i) * plainly.each[i]!, 5);
    });
  });
});

describe('distillation', () => {
  const run = (alpha: number, temperature: number, more = {}) =>
    runLoss(
      { loss: 'cross-entropy', classes: 3, distill: { alpha, temperature }, ...more },
      { logits: LOGITS, targets: TARGETS, teacher: TEACHER },
    );

  test.each([
    [0.5, 4],
    [0.9, 1],
    [1, 2],
    [0, 3],
  ])('alpha %f at temperature %f', async (alpha, temperature) => {
    const of = (row: readonly number[], i: number) =>
      (1 - alpha) * plain(row, i) + alpha * temperature ** 2 * divergence(TEACHER[i]!, row, temperature);
    const { each, gradient } = await run(alpha, temperature);
    each.forEach((value, i) => {
      expect(value).toBeCloseTo(of(LOGITS[i]!, i), 4);
    });
    const slopes = differences((rows) => mean(rows.map(of)), LOGITS);
    slopes.forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope, 5);
    });
  });

  test('class weights leave the part of the teacher as it is', async () => {
    const { each } = await run(0.5, 2, { classWeights: [0, 0, 0] });
    each.forEach((value, i) => {
      expect(value).toBeCloseTo(0.5 * 4 * divergence(TEACHER[i]!, LOGITS[i]!, 2), 5);
    });
  });

  test('agreeing with the teacher costs nothing', async () => {
    const { each, gradient } = await runLoss(
      { loss: 'cross-entropy', classes: 3, distill: { alpha: 1, temperature: 4 } },
      { logits: LOGITS, targets: TARGETS, teacher: LOGITS },
    );
    for (const value of [...each, ...gradient]) expect(value).toBeCloseTo(0, 6);
  });

  test('is finite where teacher or student are sure', async () => {
    const sure = [[1e4, -1e4, 0]];
    const { each, gradient } = await runLoss(
      { loss: 'cross-entropy', classes: 3, distill: { alpha: 0.5, temperature: 1 } },
      { logits: [[-1e4, 1e4, 0]], targets: [[1, 0, 0]], teacher: sure },
    );
    expect([...each, ...gradient].every(Number.isFinite)).toBe(true);
    expect(each).toEqual([2e4]);
  });

  test('nothing flows back to the teacher', () => {
    const graph = new Graph();
    try {
      graph.import(
        lossFragment({ loss: 'cross-entropy', classes: 3, distill: { alpha: 0.5, temperature: 4 } }),
      );
      expect(() => graph.gradients([LOSS.loss], [LOSS.teacher], 'g')).toThrow(/teacher/);
    } finally {
      graph.dispose();
    }
  });
});

test('without a teacher there is no such parameter', () => {
  expect(lossFragment({ loss: 'cross-entropy', classes: 3 }).has(LOSS.teacher)).toBe(false);
});

test.each([
  ['focl', /Unknown name for --loss: 'focl'.*Did you mean 'focal'/],
  ['focal:-1', /0 or more for --loss, gamma of focal, received '-1'/],
  ['bootstrap-soft:1.5', /0 to 1 for --loss, beta of bootstrap-soft, received '1.5'/],
  ['cross-entropy:2', /cross-entropy takes 0/],
])('%s is refused', (loss, message) => {
  const build = () => lossFragment({ loss, classes: 3 });
  expect(build).toThrow(InputError);
  expect(build).toThrow(message);
});
