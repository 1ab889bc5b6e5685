import { expect, test } from 'vitest';
import { layerOf, patternOf, weightPattern } from '../src/patterns.js';

test.each([
  ['stem_*', 'stem_conv/kernel', true],
  ['stem_*', 'block_stem_conv/kernel', false],
  ['*/kernel', 'stem_conv/kernel', true],
  ['*/kernel', 'stem_conv/depthwise_kernel', false],
  ['stem_conv', 'stem_conv/kernel', true],
  ['stem.conv', 'stem_conv/kernel', false],
  ['a/*/kernel', 'a/b/c/kernel', true],
  ['*', 'anything/at_all', true],
])('%s and %s: %s', (pattern, weight, expected) => {
  expect(weightPattern(pattern)(weight)).toBe(expected);
});

test('the layer of a weight is what stands before its last slash', () => {
  expect(layerOf('stem_conv/kernel')).toBe('stem_conv');
  expect(layerOf('a/b/kernel')).toBe('a/b');
  expect(layerOf('kernel')).toBe('');
  expect(patternOf('a(b)*').test('a(b)c')).toBe(true);
});
