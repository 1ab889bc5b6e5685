import { expect, test } from 'vitest';
import { median, type Result, rate, ratio, table } from '../../../bench/data/table.js';

const result = (title: string, seconds: readonly number[]): Result => ({
  title,
  rounds: seconds.map((each) => ({ images: 100, seconds: each, processor: 0.2 })),
});

test('the median of an even number of values lies between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 10, 2])).toBe(3);
});

test('a rate is a median, a ratio one of the rounds: a slow while of the machine does not count', () => {
  const one = result('one', [1, 10, 1]);
  const other = result('other', [2, 20, 2]);
  expect(rate(one)).toBe(100);
  expect(ratio(one, other)).toBe(2);
  // The ratio of the medians would be 4.
  expect(ratio(result('a', [1, 4, 1]), result('b', [4, 4, 1]))).toBe(1);
});

test('the table has a row a contestant, and tells who is missing', () => {
  const one = result('one', [1]);
  const other = result('other', [2]);
  const missing: Result = { title: 'third', rounds: [], missing: 'no python3' };
  expect(table([one, other, missing], [{ title: 'other', result: other }])).toBe(
    [
      '|  | images a second | processor time an image | of other |',
      '| --- | --- | --- | --- |',
      '| one | 100 | 2.00 ms | 2.00 |',
      '| other | 50.0 | 2.00 ms | 1.00 |',
      '| third | missing |  |  |',
    ].join('\n'),
  );
});
