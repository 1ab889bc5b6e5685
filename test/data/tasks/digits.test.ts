import { describe, expect, test } from 'vitest';
import { digits, readDigits } from '../../../src/data/tasks/digits.js';

/** Images of each class, as scikit-learn's documentation gives them. */
const COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];
/** The first image, as scikit-learn's documentation prints it. */
const FIRST = [
  [0, 0, 5, 13, 9, 1, 0, 0],
  [0, 0, 13, 15, 10, 15, 5, 0],
  [0, 3, 15, 2, 0, 11, 8, 0],
  [0, 4, 12, 0, 0, 8, 8, 0],
  [0, 5, 8, 0, 0, 9, 8, 0],
  [0, 4, 11, 0, 1, 12, 7, 0],
  [0, 2, 14, 5, 10, 12, 0, 0],
  [0, 0, 6, 13, 10, 0, 0, 0],
];
const countsOf = (labels: Int32Array) => {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
};

test('are the 1,797 images of scikit-learn', () => {
  const { length, labels, source } = readDigits();
  expect(length).toBe(1797);
  expect(countsOf(labels)).toEqual(COUNTS);
  expect([...labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  if (source.kind !== 'array') throw new Error('expected an array');
  expect([source.height, source.width, source.pixels.length]).toEqual([8, 8, 1797 * 192]);
  const first = FIRST.flat().flatMap((level) => new Array<number>(3).fill(Math.round((level / 16) * 255)));
  expect([...source.pixels.subarray(0, 192)]).toEqual(first);
});

describe('the task', () => {
  test('holds out a fifth of every class, always the same', async () => {
    const task = await digits.load({ cache: '/nowhere' });
    expect([task.train.length, task.test.length]).toEqual([digits.images.train, digits.images.test]);
    expect(countsOf(task.test.labels)).toEqual(COUNTS.map((count) => Math.round(count / 5)));
    expect(task.defaultImageSize).toBe(64);
    expect(task.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    // Written down once: another split would make accuracies incomparable between versions.
    expect(task.fingerprint).toBe('775cae3c2d79c5080afd9713be1e72fc');
  });

  test('takes no folder', async () => {
    await expect(digits.load({ data: '/somewhere', cache: '/nowhere' })).rejects.toThrow(
      'The task digits is part of this package: leave out --data /somewhere.',
    );
  });
});
