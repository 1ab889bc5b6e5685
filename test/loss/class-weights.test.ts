import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { balancedWeights, parseClassWeights } from '../../src/loss/index.js';

const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 2);
const options = { labels, classes: 3, names: ['cat', 'dog', 'owl'] };

test('balanced weights are in inverse proportion to the images, with mean 1 over them', () => {
  const weights = balancedWeights(labels, 3);
  expect(weights).toEqual([0.5, 1.5, 3]);
  const mean = labels.reduce((sum, label) => sum + weights[label]!, 0) / labels.length;
  expect(mean).toBeCloseTo(1, 12);
});

test('a class without images has weight 1 and changes no other', () => {
  expect(balancedWeights(labels, 4)).toEqual([0.5, 1.5, 3, 1]);
});

test('they are read as a word, or as numbers', () => {
  expect(parseClassWeights([], options)).toBeUndefined();
  expect(parseClassWeights(['balanced'], options)).toEqual([0.5, 1.5, 3]);
  expect(parseClassWeights(['1', '0', '2.5'], options)).toEqual([1, 0, 2.5]);
});

test.each([
  [['1', '2'], /3 numbers, one a class for --class-weights, received '1,2'.*cat, dog, owl/],
  [['balanced', '1', '1'], /--class-weights, class cat.*'balanced'/],
  [['balance'], /balanced, or 3 numbers/],
  [['1', 'x', '1'], /number of 0 or more for --class-weights, class dog, received 'x'/],
  [['1', '-1', '1'], /class dog, received '-1'/],
  [['1', '', '1'], /class dog, received ''/],
  [['1', 'Infinity', '1'], /class dog/],
  [['0', '0', '0'], /at least one weight above 0/],
])('%j is refused', (texts, message) => {
  expect(() => parseClassWeights(texts, options)).toThrow(InputError);
  expect(() => parseClassWeights(texts, options)).toThrow(message);
});

test('of many classes the first are named', () => {
  const names = Array.from({ length: 100 }, (_, i) => `class${i}`);
  expect(() => parseClassWeights(['1'], { ...options, classes: 100, names })).toThrow(/class9 and 90 more\./);
});
