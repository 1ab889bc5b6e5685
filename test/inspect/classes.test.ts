import { expect, test } from 'vitest';
import { loadTask } from '../../src/data/tasks/index.js';
import { type ClassCount, classProblems, countClasses } from '../../src/inspect/classes.js';

const count = (name: string, train: number, test = 5): ClassCount => ({ name, train, test });
const kinds = (...counts: ClassCount[]) =>
  classProblems(counts).map(({ kind, classes }) => `${kind}: ${classes.join(', ')}`);

test('images of each class are counted by split', async () => {
  const digits = await loadTask('digits');
  const counts = countClasses(digits);
  expect(counts.map(({ name }) => name)).toEqual([...digits.classes]);
  counts.forEach(({ train, test: heldOut }, label) => {
    expect(train).toBe(digits.train.labels.filter((each) => each === label).length);
    expect(heldOut).toBe(digits.test.labels.filter((each) => each === label).length);
  });
});

test('classes of enough images and names of their own are fine', () => {
  expect(kinds(count('cat', 10), count('dog', 100))).toEqual([]);
});

test.each([
  [[count('a', 0), count('b', 20)], ['missing: a']],
  [[count('a', 20, 0), count('b', 20)], ['missing: a']],
  [[count('a', 9), count('b', 20)], ['few-images: a']],
  [[count('a', 20), count('b', 300), count('c', 30)], ['imbalance: b, a']],
])('%j has %j', (counts, expected) => {
  expect(kinds(...counts)).toEqual(expected);
});

test.each([
  ['Cat', 'cat', true],
  ['polar bear', 'polar_bear', true],
  ['polar-bear', 'PolarBear', true],
  ['café', 'cafe', true],
  ['cafe\u0301', 'café', true],
  ['cat', 'cats', false],
  ['1-1', '11', false],
  ['कि', 'क', false],
  ['_', '-', false],
])('names %j and %j: alike %j', (a, b, alike) => {
  expect(kinds(count(a, 20), count(b, 20))).toEqual(alike ? [`alike-names: ${a}, ${b}`] : []);
});
