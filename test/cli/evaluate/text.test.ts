import { describe, expect, test } from 'vitest';
import { comparisonText, evaluationText } from '../../../src/cli/evaluate/text.js';
import { evaluationOf } from '../../../src/evaluate/evaluation.js';
import type { Comparison } from '../../../src/evaluate/index.js';

/** An evaluation of `count` classes with two images each: the second of every even class is taken for the next one. */
function evaluation(count: number) {
  const labels = Int32Array.from({ length: 2 * count }, (_, i) => i >> 1);
  const predicted = labels.map((label, i) => (i % 4 === 1 ? (label + 1) % count : label));
  const outcomes = {
    labels,
    predicted,
    rows: labels.map((_, i) => i),
    confidence: new Float64Array(2 * count).fill(0.75),
  };
  const names = Array.from({ length: count }, (_, k) => `class ${k}`);
  const top1 = labels.filter((label, i) => label === predicted[i]).length / labels.length;
  return evaluationOf({ count: 2 * count, loss: 0.5, top1, top5: 1 }, outcomes, names);
}

describe('an evaluation as text', () => {
  test('of few classes: all of them, the worst first, and every confusion', () => {
    expect(evaluationText(evaluation(4), { task: 'small', tta: 'none' })).toBe(
      [
        'task           small',
        'images         8',
        'top-1          75.00 %',
        'loss           0.5000',
        'macro average  precision 83.33 %, recall 75.00 %, F1 73.33 %',
        'calibration    probabilities are off by 0.00 % on average (ECE)',
        'when sure      75.00 % of the surest 50 %, 75.00 % of 80 %, 75.00 % of 90 %, 75.00 % of 95 %',
        'risk-coverage  0.2500 (area under the curve; less is better)',
        '',
        'Classes, the worst first',
        '  class    images  precision    recall       F1',
        '  class 0       2   100.00 %   50.00 %  66.67 %',
        '  class 2       2   100.00 %   50.00 %  66.67 %',
        '  class 1       2    66.67 %  100.00 %  80.00 %',
        '  class 3       2    66.67 %  100.00 %  80.00 %',
        '',
        'Most frequent confusions',
        '  class 0  taken for  class 1  1 x',
        '  class 2  taken for  class 3  1 x',
      ].join('\n'),
    );
  });

  test('of many: some of them, and how many there are besides', () => {
    const text = evaluationText(evaluation(30), { task: 'large', tta: 'flip' });
    expect(text).toMatch(/^views +flip$/m);
    expect(text).toMatch(/^top-5 +100\.00 %$/m);
    expect(text).toMatch(/^ {2}and 20 more: --json tells all$/m);
    expect(text).toMatch(/^ {2}and 10 other pairs: --json tells all$/m);
  });

  test('without a mistake there is nothing of confusions', () => {
    const right = evaluation(1);
    expect(evaluationText(right, { task: 'one', tta: 'none' })).not.toContain('confusions');
  });
});

describe('a comparison in words', () => {
  const found: Comparison = {
    ...{ count: 100, b: 21, c: 4, difference: 0.17, interval: [0.0742, 0.2592], pValue: 0.00137 },
    ...{ test: 'chi-squared', statistic: 10.24 },
  };
  const named = [
    { name: 'one', top1: 0.69 },
    { name: 'other', top1: 0.52 },
  ] as const;

  test('that shows which is better', () => {
    expect(comparisonText(found, named)).toBe(
      [
        'Compared with other',
        '  top-1 69.00 % against 52.00 %: a difference of +17.00 points, 95 % interval +7.42 to +25.92.',
        '  Of 100 images one alone has 21 right, other alone 4.',
        "  McNemar's test (chi-squared 10.24): p = 0.0014. So one is better on images like these: chance alone would hardly do that.",
      ].join('\n'),
    );
    const reversed = comparisonText({ ...found, b: 4, c: 21, difference: -0.17 }, named);
    expect(reversed).toMatch(/difference of -17\.00 points.*So other is better/s);
  });

  test('that shows nothing, by the exact test, and a tiny p-value', () => {
    const few: Comparison = { ...found, b: 3, c: 2, test: 'exact', statistic: 2, pValue: 1 };
    expect(comparisonText(few, named)).toMatch(
      /McNemar's test \(exact\): p = 1\.0000\. So neither is shown to be better/,
    );
    expect(comparisonText({ ...found, pValue: 7.4e-141 }, named)).toContain('p = 7.4e-141.');
  });
});
