import { expect, test } from 'vitest';
import {
  HELD_OUT_NAMES,
  SPLIT_NAMES,
  splitNamed,
  splitOfFile,
  TRAINING_NAMES,
  usedSplits,
} from '../../../src/data/layouts/split-words.js';

test('every word is one of training or of what is held out', () => {
  expect([...TRAINING_NAMES, ...HELD_OUT_NAMES].toSorted()).toEqual(SPLIT_NAMES.toSorted());
  for (const word of TRAINING_NAMES) expect(splitNamed(word)).toBe('train');
  for (const word of HELD_OUT_NAMES) expect(['val', 'test']).toContain(splitNamed(word));
});

test.each([
  ['Training', 'train'],
  ['dev', 'val'],
  ['EVAL', 'val'],
  ['testing', 'test'],
  ['all', undefined],
  ['constructor', undefined],
])('%s is %s', (word, split) => expect(splitNamed(word)).toBe(split));

test.each([
  ['train-00000-of-00002.parquet', 'train'],
  ['imagenet-val-000.tar', 'val'],
  ['my_testing_set.tar', 'test'],
  ['strain.tar', undefined],
])('%s is of %s', (name, split) => expect(splitOfFile(name)).toBe(split));

test('of several, validation is held out before a test', () => {
  expect(usedSplits(['test', 'train', 'validation'])).toEqual({ training: 'train', heldOut: 'validation' });
  expect(usedSplits(['training', 'testing', 'eval'])).toEqual({ training: 'training', heldOut: 'eval' });
  expect(usedSplits(['a', 'b'])).toEqual({});
});
