import { describe, expect, test } from 'vitest';
import {
  imagesText,
  splitFor,
  type Trained,
  warningText,
} from '../../../src/cli/evaluate/measured-images.js';
import type { Split } from '../../../src/data/images-of.js';
import { arrayTask } from '../../train/small-network.js';

const own = arrayTask(1200, { test: 300 });
const divided = { ...own, isDivided: true };

/** Models that were trained on so many images of each split. */
const stranger: Trained = { model: 'stranger', countIn: () => 0 };
const unknown: Trained = { model: 'unknown', countIn: undefined };
const trained: Trained = { model: 'runs/a', countIn: (split) => (split === 'test' ? 0 : 1200) };

describe('the split where none is named', () => {
  test('is the held-out one where the data has one', () => {
    for (const model of [stranger, unknown, trained]) expect(splitFor(own, [model])).toBe('test');
  });

  test('is all of what chance divided, unless a model was trained on some', () => {
    expect(splitFor(divided, [stranger])).toBe('all');
    expect(splitFor(divided, [unknown])).toBe('all');
    expect(splitFor(divided, [trained])).toBe('test');
    expect(splitFor(divided, [stranger, trained])).toBe('test');
  });
});

test.each<[boolean, Split, string]>([
  [false, 'test', '300: those held out'],
  [true, 'test', '300: held out by chance, of 1,500'],
  [false, 'train', '1,200: those to train on'],
  [true, 'all', '1,500: all there are'],
  [false, 'all', '1,500: all there are, held out or not'],
])('divided by chance %s, %s: says which images', (isDivided, split, text) => {
  expect(imagesText({ ...own, isDivided }, split)).toBe(text);
});

test('warns of images that were trained on, and of models that do not tell', () => {
  expect(warningText(divided, 'all', [stranger])).toBeUndefined();
  expect(warningText(divided, 'test', [trained])).toBeUndefined();
  const seen = 'runs/a was trained on 1,200 images of these: it does worse on new ones';
  expect(warningText(divided, 'all', [trained])).toBe(seen);
  expect(warningText(own, 'train', [trained])).toBe(seen);
  const silent = 'unknown does not tell what it was trained on: these images may be among it';
  expect(warningText(divided, 'all', [unknown])).toBe(silent);
  expect(warningText(divided, 'all', [trained, unknown])).toBe(`${seen}; ${silent}`);
  expect(warningText(own, 'test', [unknown])).toBeUndefined();
});
