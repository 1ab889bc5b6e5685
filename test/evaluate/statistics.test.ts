import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { calibrationOf } from '../../src/evaluate/calibration.js';
import { classMetrics, macroAverages } from '../../src/evaluate/class-metrics.js';
import { compareOutcomes } from '../../src/evaluate/compare.js';
import { confusionMatrix, confusions } from '../../src/evaluate/confusion.js';
import { coverageOf } from '../../src/evaluate/coverage.js';
import { MetricsCounter } from '../../src/evaluate/index.js';
import { OutcomeRecorder, type Outcomes, outcomeOf } from '../../src/evaluate/outcomes.js';

/** What statistics.py wrote: scikit-learn, SciPy and NumPy on the same logits. */
interface Reference {
  labels: number[];
  first: number[];
  second: number[];
  classes: [precision: number, recall: number, f1: number, support: number][];
  macro: [precision: number, recall: number, f1: number];
  confusion: number[][];
  ece: number;
  bins: [count: number, confidence: number | null, accuracy: number | null][];
  discordant: [b: number, c: number];
  mcnemar: [b: number, c: number, statistic: number, pValue: number][];
}

const reference: Reference = JSON.parse(readFileSync(new URL('statistics.json', import.meta.url), 'utf8'));
const CLASSES = ['a', 'b', 'c', 'd', 'e', 'f'];

function outcomesOf(logits: readonly number[], labels: readonly number[], { batch = 32 } = {}): Outcomes {
  const recorder = new OutcomeRecorder(labels.length);
  const classes = logits.length / labels.length;
  for (let start = 0; start < labels.length; start += batch) {
    const own = Int32Array.from(labels.slice(start, start + batch));
    const values = Float32Array.from(logits.slice(start * classes, (start + own.length) * classes));
    recorder.add(
      values,
      own,
      own.map((_, i) => start + i),
    );
  }
  return recorder.result;
}

/** Outcomes by hand: `right` or `wrong`, and how sure. */
const said = (...images: [right: boolean, confidence: number][]): Outcomes => ({
  labels: Int32Array.from(images, () => 0),
  predicted: Int32Array.from(images, ([right]) => (right ? 0 : 1)),
  confidence: Float64Array.from(images, ([, confidence]) => confidence),
  rows: Int32Array.from(images.keys()),
});

const first = outcomesOf(reference.first, reference.labels);

describe('outcomes', () => {
  test('are right exactly where the metrics count a hit', () => {
    const counter = new MetricsCounter();
    const odd = [0, 1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let right = 0;
    let count = 0;
    for (const x of odd)
      for (const y of odd)
        for (const z of odd)
          for (const label of [0, 1, 2]) {
            const logits = Float32Array.of(x, y, z);
            counter.add(logits, Int32Array.of(label));
            const { predicted, probability } = outcomeOf(logits, label);
            expect(predicted).toBeGreaterThanOrEqual(0);
            expect(predicted).toBeLessThan(3);
            expect(probability).toBeGreaterThanOrEqual(0);
            right += Number(predicted === label);
            count++;
          }
    expect(count).toBe(648);
    expect(right / count).toBeCloseTo(counter.result.top1, 12);
  });

  test('in a tie it is another class, the first; confidence keeps the digits that float32 has not', () => {
    expect(outcomeOf(Float32Array.of(2, 2, 2), 1).predicted).toBe(0);
    expect(outcomeOf(Float32Array.of(2, 2, 2), 0).predicted).toBe(1);
    expect(outcomeOf(Float32Array.of(5), 0)).toEqual({ predicted: 0, probability: 1 });
    const [sure, surer] = [20, 30].map((logit) => outcomeOf(Float32Array.of(logit, 0), 0).probability);
    expect(Math.fround(sure!)).toBe(Math.fround(surer!));
    expect(sure).toBeLessThan(surer!);
  });

  test('do not depend on the batches', () => {
    expect(outcomesOf(reference.first, reference.labels, { batch: 7 })).toEqual(first);
  });
});

describe('each class', () => {
  test('precision, recall, F1, support and their means as scikit-learn has them', () => {
    const found = classMetrics(first, CLASSES);
    reference.classes.forEach(([precision, recall, f1, support], k) => {
      expect(found[k]!.precision ?? 0).toBeCloseTo(precision, 12);
      expect(found[k]!.recall).toBeCloseTo(recall, 12);
      expect(found[k]!.f1).toBeCloseTo(f1, 12);
      expect(found[k]).toMatchObject({ class: CLASSES[k], support });
    });
    const macro = macroAverages(found);
    [macro.precision, macro.recall, macro.f1].forEach((value, i) => {
      expect(value).toBeCloseTo(reference.macro[i]!, 12);
    });
    expect(found[5]).toMatchObject({ precision: null, recall: 0, f1: 0, predicted: 0 });
  });

  test('a class that does not occur has no values, and no part in the means', () => {
    const found = classMetrics(said([true, 1], [false, 1]), ['a', 'b', 'c']);
    expect(found).toEqual([
      { class: 'a', precision: 1, recall: 0.5, f1: 2 / 3, support: 2, predicted: 1 },
      { class: 'b', precision: 0, recall: null, f1: 0, support: 0, predicted: 1 },
      { class: 'c', precision: null, recall: null, f1: null, support: 0, predicted: 0 },
    ]);
    expect(macroAverages(found)).toEqual({ precision: 0.5, recall: 0.25, f1: 1 / 3 });
  });
});

describe('confusions', () => {
  test('the matrix as scikit-learn has it; its cells, the largest first', () => {
    expect(confusionMatrix(first, 6)).toEqual(reference.confusion);
    const cells = confusions(first, CLASSES);
    expect(cells.map(({ count }) => count)).toEqual(
      reference.confusion
        .flatMap((row, k) => row.filter((count, i) => i !== k && count > 0))
        .sort((a, b) => b - a),
    );
    for (const { class: name, predicted, count } of cells)
      expect(reference.confusion[CLASSES.indexOf(name)]![CLASSES.indexOf(predicted)]).toBe(count);
  });

  test('no matrix of millions of cells', () => {
    expect(confusionMatrix(first, 1000)).toHaveLength(1000);
    expect(confusionMatrix(first, 1001)).toBeUndefined();
  });
});

describe('calibration', () => {
  test('error and reliability table as NumPy has them', () => {
    const { ece, bins } = calibrationOf(first);
    expect(ece).toBeCloseTo(reference.ece, 12);
    expect(bins).toHaveLength(15);
    reference.bins.forEach(([count, confidence, accuracy], i) => {
      expect(bins[i]!.count).toBe(count);
      if (count === 0) expect(bins[i]).toMatchObject({ confidence: null, accuracy: null });
      else {
        expect(bins[i]!.confidence).toBeCloseTo(confidence!, 12);
        expect(bins[i]!.accuracy).toBeCloseTo(accuracy!, 12);
      }
    });
  });

  test('by hand: bins are closed on the right, and the ends of the range belong to one', () => {
    const { ece, bins } = calibrationOf(said([true, 0], [false, 1 / 15], [true, 0.5], [true, 1], [false, 1]));
    expect(bins.map(({ count }) => count)).toEqual([2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2]);
    // |1/2 - 1/30| 2/5 + |1 - 1/2| 1/5 + |1/2 - 1| 2/5
    expect(ece).toBeCloseTo((14 / 30) * 0.4 + 0.1 + 0.2, 12);
    expect(calibrationOf(said()).ece).toBe(0);
  });
});

describe('coverage', () => {
  test('by hand: the errors of the most confident', () => {
    const { points, aurc } = coverageOf(said([false, 0.6], [true, 0.9], [true, 0.8], [false, 0.7]));
    // In order of confidence: right, right, wrong, wrong.
    expect(aurc).toBeCloseTo((0 + 0 + 1 / 3 + 2 / 4) / 4, 12);
    expect(points).toEqual([
      { coverage: 0.5, top1: 1, confidence: 0.8 },
      { coverage: 0.8, top1: 0.5, confidence: 0.6 },
      { coverage: 0.9, top1: 0.5, confidence: 0.6 },
      { coverage: 0.95, top1: 0.5, confidence: 0.6 },
    ]);
  });

  test('images of equal confidence stand in no order', () => {
    const images: [boolean, number][] = [
      [true, 0.5],
      [false, 0.5],
      [true, 0.5],
      [false, 0.5],
    ];
    const expected = { aurc: 0.5, points: [0.5, 0.5, 0.5, 0.5] };
    for (const order of [images, [...images].reverse()]) {
      const { aurc, points } = coverageOf(said(...order));
      expect({ aurc, points: points.map(({ top1 }) => top1) }).toEqual(expected);
    }
  });

  test('counts of images are not rounded up by the floating point: 0.95 x 20 are 19', () => {
    const twenty = Array.from({ length: 20 }, (_, i): [boolean, number] => [i < 19, 1 - i / 40]);
    expect(coverageOf(said(...twenty)).points.map(({ top1 }) => top1)).toEqual([1, 1, 1, 1]);
    expect(coverageOf(said())).toEqual({ points: [], aurc: 0 });
  });
});

describe('two models on the same images', () => {
  /** b images that the first alone has right, c that the second alone has, and some that both have. */
  function pair(b: number, c: number, both = 10): [Outcomes, Outcomes] {
    const rights = (one: boolean, other: boolean, count: number) =>
      Array.from({ length: count }, () => [one, other] as const);
    const images = [...rights(true, false, b), ...rights(false, true, c), ...rights(true, true, both)];
    return [0, 1].map((k) => said(...images.map((each): [boolean, number] => [each[k]!, 0.5]))) as [
      Outcomes,
      Outcomes,
    ];
  }

  test.each(reference.mcnemar)(
    '%i against %i: statistic and p-value as SciPy has them',
    (b, c, statistic, p) => {
      const found = compareOutcomes(...pair(b, c));
      expect(found).toMatchObject({ b, c, count: b + c + 10, test: b + c < 25 ? 'exact' : 'chi-squared' });
      expect(found.statistic).toBeCloseTo(statistic, 10);
      expect(Math.abs(found.pValue - p)).toBeLessThan(1e-12);
      expect(Math.abs(found.pValue / p - 1)).toBeLessThan(1e-9);
    },
  );

  test('counts what only one of them has right', () => {
    const { b, c, difference } = compareOutcomes(first, outcomesOf(reference.second, reference.labels));
    expect([b, c]).toEqual(reference.discordant);
    expect(difference).toBeCloseTo((b - c) / 150, 12);
  });

  test('the interval by hand, and of two models that never differ', () => {
    const { interval, difference } = compareOutcomes(...pair(10, 5, 35));
    // n = 52, (10.5 - 5.5) / 52, sqrt((16 / 52 - (5 / 52)^2) / 52)
    const error = 1.959964 * Math.sqrt((16 / 52 - (5 / 52) ** 2) / 52);
    expect(difference).toBe(0.1);
    expect(interval[0]).toBeCloseTo(5 / 52 - error, 6);
    expect(interval[1]).toBeCloseTo(5 / 52 + error, 6);
    const [low, high] = compareOutcomes(...pair(0, 0)).interval;
    expect(low).toBeLessThan(0);
    expect(high).toBeCloseTo(-low, 12);
  });

  test('are the same images', () => {
    const [one] = pair(2, 2);
    const message = /two models on the same images, .*Evaluate both on the same task/;
    expect(() => compareOutcomes(one, said([true, 1]))).toThrow(message);
    expect(() => compareOutcomes(one, { ...one, rows: one.rows.toReversed() })).toThrow(message);
    expect(() => compareOutcomes(said(), said())).toThrow(message);
  });
});
