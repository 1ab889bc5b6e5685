import { describe, expect, test } from 'vitest';
import { decayMask, isDecayed } from '../../src/optimize/index.js';

test.each([
  ['predictions/kernel', true],
  ['block1a_dwconv/depthwise_kernel', true],
  ['separable/pointwise_kernel', true],
  ['predictions/bias', false],
  ['stem_bn/gamma', false],
  ['stem_bn/beta', false],
  ['kernel_conv/bias', false],
])('%s: %s', (name, decayed) => {
  expect(isDecayed(name)).toBe(decayed);
  expect(decayMask([])(name)).toBe(decayed);
});

describe('a mask', () => {
  test.each([
    // without a slash: over the name of the layer
    ['stem_*', 'stem_conv/kernel', false],
    ['stem_*', 'block1a_stem_conv/kernel', true],
    ['stem', 'stem_conv/kernel', true],
    ['*_conv', 'stem_conv/kernel', false],
    ['kernel', 'stem_conv/kernel', true],
    ['predictions', 'predictions/kernel', false],
    ['*', 'predictions/kernel', false],
    ['outer*', 'outer/inner/kernel', false],
    // with a slash: over layer and weight
    ['predictions/kernel', 'predictions/kernel', false],
    ['predictions/kernel', 'my_predictions/kernel', true],
    ['*/depthwise_kernel', 'block_dwconv/depthwise_kernel', false],
    ['*/depthwise_kernel', 'block_conv/kernel', true],
    ['block*/kernel', 'block1a_conv/kernel', false],
    // nothing but * is special
    ['stem.conv', 'stem_conv/kernel', true],
    ['a+b(c)', 'a+b(c)/kernel', false],
    // biases stay out of it, excluded or not
    ['predictions', 'predictions/bias', false],
    ['stem', 'predictions/bias', false],
  ])('without %s: %s decays: %s', (pattern, weight, decays) => {
    expect(decayMask([pattern])(weight)).toBe(decays);
  });

  test('takes in biases and normalization where all decay, less what is excluded', () => {
    const decays = decayMask(['stem_*'], { all: true });
    const names = [
      'predictions/kernel',
      'predictions/bias',
      'top_bn/gamma',
      'stem_conv/kernel',
      'stem_bn/beta',
    ];
    expect(names.map(decays)).toEqual([true, true, true, false, false]);
  });

  test('takes several patterns', () => {
    const decays = decayMask(['stem_*', 'top/*']);
    expect(['stem_conv/kernel', 'top/kernel', 'block/kernel'].map(decays)).toEqual([false, false, true]);
  });
});
