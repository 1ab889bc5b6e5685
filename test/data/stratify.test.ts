import { describe, expect, test } from 'vitest';
import { sampleStratified, splitStratified } from '../../src/data/stratify.js';

const labelsOf = (counts: readonly number[]) =>
  Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
const countsOf = (labels: Int32Array, rows: Int32Array, classes: number) => {
  const counts = new Array<number>(classes).fill(0);
  for (const row of rows) counts[labels[row]!]!++;
  return counts;
};

describe('splitStratified', () => {
  const labels = labelsOf([100, 10, 3, 1]);

  test('holds out the same part of every class, and leaves a training image of each', () => {
    const { train, test: heldOut } = splitStratified(labels, 0.2, 0);
    expect(countsOf(labels, heldOut, 4)).toEqual([20, 2, 1, 0]);
    expect(countsOf(labels, train, 4)).toEqual([80, 8, 2, 1]);
    expect(countsOf(labels, splitStratified(labels, 0.99, 0).train, 4)).toEqual([1, 1, 1, 1]);
  });

  test('is disjoint, complete and ascending', () => {
    const { train, test: heldOut } = splitStratified(labels, 0.3, 4);
    const all = [...train, ...heldOut].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: labels.length }, (_, i) => i));
    expect([...heldOut].sort((a, b) => a - b)).toEqual([...heldOut]);
  });

  test('depends on the seed only', () => {
    expect(splitStratified(labels, 0.2, 1)).toEqual(splitStratified(labels, 0.2, 1));
    expect(splitStratified(labels, 0.2, 1).test).not.toEqual(splitStratified(labels, 0.2, 2).test);
  });

  test('takes classes of hundreds of thousands of images', () => {
    const { train, test: heldOut } = splitStratified(labelsOf([300_000, 300_000]), 0.1, 0);
    expect([train.length, heldOut.length]).toEqual([540_000, 60_000]);
  });
});

describe('sampleStratified', () => {
  test('takes each class in proportion', () => {
    const labels = labelsOf([50, 50, 50, 50]);
    expect(countsOf(labels, sampleStratified(labels, 40, 0), 4)).toEqual([10, 10, 10, 10]);
    expect(countsOf(labels, sampleStratified(labels, 42, 0), 4)).toEqual([11, 11, 10, 10]);
  });

  test('takes at least one of each class where n allows', () => {
    const labels = labelsOf([1000, 100, 1]);
    const counts = countsOf(labels, sampleStratified(labels, 12, 0), 3);
    expect(counts).toEqual([10, 1, 1]);
    expect(countsOf(labels, sampleStratified(labels, 3, 0), 3)).toEqual([1, 1, 1]);
  });

  test('is ascending, without repetition, and depends on the seed only', () => {
    const labels = labelsOf([30, 20]);
    const rows = sampleStratified(labels, 25, 9);
    expect(new Set(rows).size).toBe(25);
    expect([...rows].sort((a, b) => a - b)).toEqual([...rows]);
    expect(sampleStratified(labels, 25, 9)).toEqual(rows);
    expect(sampleStratified(labels, 25, 10)).not.toEqual(rows);
  });
});
