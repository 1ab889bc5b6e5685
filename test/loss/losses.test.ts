import { describe, expect, test } from 'vitest';
import { LOSSES } from '../../src/loss/index.js';
import { type NamedRow, parseNamed } from '../../src/named.js';
import { CLASS_LOSSES, differences, expectedLoss, type Rows } from './reference.js';
import { runLoss } from './run-loss.js';

const CLASSES = 4;
const LOGITS: Rows = [
  [1.2, -0.7, 0.3, 2.1],
  [0, 0, 0, 0.01],
  [-3, 4, 0.5, -1],
  [0.2, 0.1, -0.4, 6],
  [9, -9, 1, 2],
];
const TARGETS: Rows = [
  [1, 0, 0, 0],
  [0.025, 0.925, 0.025, 0.025],
  [0, 0.3, 0.7, 0],
  [0.25, 0.25, 0.25, 0.25],
  [0, 1, 0, 0],
];

/** Each row at its defaults, and numbers at the ends of their ranges. */
const SPELLINGS = [
  ...Object.keys(LOSSES),
  'focal:0',
  'focal:0.5',
  'focal:5',
  'bootstrap-soft:0',
  'bootstrap-soft:1',
  'bootstrap-hard:0',
  'bootstrap-hard:1',
  'generalized-cross-entropy:0',
  'generalized-cross-entropy:0.01',
  'generalized-cross-entropy:1',
  'symmetric-cross-entropy:6:0.1',
];

test('every loss is compared, and says where it comes from', () => {
  expect(Object.keys(CLASS_LOSSES)).toEqual(Object.keys(LOSSES));
  for (const [name, { title }] of Object.entries<NamedRow>(LOSSES)) {
    if (name !== 'cross-entropy') expect(title).toMatch(/arXiv \d{4}\.\d{5}|arXiv \d{4}\.\d{4}/);
  }
});

describe.each(SPELLINGS)('%s', (loss) => {
  const { name, parameters } = parseNamed(loss, LOSSES, '--loss');
  const options = { loss, classes: CLASSES };

  test('has the values of the definition, and their mean', async () => {
    const run = await runLoss(options, { logits: LOGITS, targets: TARGETS });
    const expected = LOGITS.map((row, i) => expectedLoss(name, row, TARGETS[i]!, parameters));
    run.each.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-6 * Math.max(1, Math.abs(expected[i]!)));
    });
    expect(run.loss).toBeCloseTo(expected.reduce((a, b) => a + b) / expected.length, 5);
  });

  test('has the gradient of the definition', async () => {
    const { gradient } = await runLoss(options, { logits: LOGITS, targets: TARGETS });
    const mean = (rows: number[][]) =>
      rows.reduce((total, row, i) => total + expectedLoss(name, row, TARGETS[i]!, parameters), 0) /
      rows.length;
    differences(mean, LOGITS).forEach((slope, i) => {
      expect(Math.abs(gradient[i]! - slope)).toBeLessThan(1e-6);
    });
  });

  test.each([
    ['right by far', [1e4, -1e4, 0, 0], [1, 0, 0, 0]],
    ['wrong by far', [1e4, -1e4, 0, 0], [0, 1, 0, 0]],
    ['wrong by far, smoothed', [1e4, -1e4, 0, 0], [0.025, 0.925, 0.025, 0.025]],
    ['probabilities of 0 and 1', [200, 0, 0, 0], [1, 0, 0, 0]],
    ['equal logits', [0, 0, 0, 0], [0, 0, 1, 0]],
    ['large and equal logits', [-1e4, -1e4, -1e4, -1e4], [0, 0, 0.5, 0.5]],
    ['no target at all', [1, 2, 3, 4], [0, 0, 0, 0]],
  ])('is finite with its gradient: %s', async (_, logits, targets) => {
    const { each, gradient } = await runLoss(options, { logits: [logits], targets: [targets] });
    expect([...each, ...gradient].filter((value) => !Number.isFinite(value))).toEqual([]);
  });

  test('of a mixture is the mixture of the losses', async () => {
    const logits = [LOGITS[0]!, LOGITS[0]!, LOGITS[0]!];
    const targets = [
      [1, 0, 0, 0],
      [0, 0, 1, 0],
      [0.3, 0, 0.7, 0],
    ];
    const { each } = await runLoss(options, { logits, targets });
    expect(each[2]!).toBeCloseTo(0.3 * each[0]! + 0.7 * each[1]!, 5);
  });
});

describe('what is special about', () => {
  const target = [[0, 1, 0, 0]];

  test('binary cross-entropy: where a head of zeros starts, the gradient is sigmoid - target', async () => {
    const { gradient } = await runLoss(
      { loss: 'binary-cross-entropy', classes: CLASSES },
      { logits: [[0, 0, 0, 0]], targets: target },
    );
    expect(gradient).toEqual([0.125, -0.125, 0.125, 0.125]);
  });

  test('binary cross-entropy: far from wrong it is the logit itself', async () => {
    const { each, gradient } = await runLoss(
      { loss: 'binary-cross-entropy', classes: CLASSES },
      { logits: [[1e4, -1e4, -1e4, -1e4]], targets: target },
    );
    expect(each).toEqual([5000]);
    expect(gradient).toEqual([0.25, -0.25, 0, 0]);
  });

  test('cross-entropy: an image that is wrong by far still pulls with its whole weight', async () => {
    const wrong = { logits: [[1e4, -1e4, 0, 0]], targets: target };
    const { each, gradient } = await runLoss({ loss: 'cross-entropy', classes: CLASSES }, wrong);
    expect(each).toEqual([2e4]);
    expect(gradient).toEqual([1, -1, 0, 0]);
  });

  test('the losses for noisy labels: such an image no longer pulls', async () => {
    const wrong = { logits: [[1e4, -1e4, 0, 0]], targets: target };
    const options = { loss: 'generalized-cross-entropy:0.7', classes: CLASSES };
    const { each, gradient } = await runLoss(options, wrong);
    expect(each[0]).toBeCloseTo(1 / 0.7, 5);
    expect(gradient.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test('hard bootstrapping: of equal logits the first is the likeliest, and it has no gradient of its own', async () => {
    const { gradient } = await runLoss(
      { loss: 'bootstrap-hard:0.5', classes: CLASSES },
      { logits: [[0, 0, 0, 0]], targets: target },
    );
    [0.25 - 0.5, 0.25 - 0.5, 0.25, 0.25].forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope, 6);
    });
  });
});
