import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { confusedWith } from '../../../src/data/noise/pairs.js';
import { CIFAR100 } from '../../../src/data/tasks/cifar100.js';
import { testData } from '../../test-data.js';
import { CIFAR10_CLASSES, numbered } from './noisy-task.js';

const named = (classes: readonly string[]) =>
  Object.fromEntries(Array.from(confusedWith(classes), (other, label) => [classes[label], classes[other]]));

test('CIFAR-10 goes by its names, in whatever order', () => {
  const expected = {
    airplane: 'airplane',
    automobile: 'automobile',
    bird: 'airplane',
    cat: 'dog',
    deer: 'horse',
    dog: 'cat',
    frog: 'frog',
    horse: 'horse',
    ship: 'ship',
    truck: 'automobile',
  };
  expect(named(CIFAR10_CLASSES)).toEqual(expected);
  expect(named([...CIFAR10_CLASSES].reverse())).toEqual(expected);
});

test('other classes go to the next, the last to the first', () => {
  expect([...confusedWith(numbered(4))]).toEqual([1, 2, 3, 0]);
  expect([...confusedWith(CIFAR10_CLASSES.slice(0, 3))]).toEqual([1, 2, 0]);
});

test('CIFAR-100 goes round within its superclasses', () => {
  const pairs = named(CIFAR100.classes);
  expect(pairs).toMatchObject({ beaver: 'dolphin', whale: 'beaver', willow: 'maple', tractor: 'lawn_mower' });
  const confused = confusedWith(CIFAR100.classes);
  expect(new Set(confused).size).toBe(100);
  for (let label = 0; label < 100; label++) {
    let [at, steps] = [label, 0];
    do [at, steps] = [confused[at]!, steps + 1];
    while (at !== label);
    expect(steps).toBe(5);
  }
});

test('with the names of its own file it is the same', () => {
  const trees = ['maple', 'oak', 'palm', 'pine', 'willow'];
  const classes = CIFAR100.classes.map((name) => (trees.includes(name) ? `${name}_tree` : name));
  expect(confusedWith(classes)).toEqual(confusedWith(CIFAR100.classes));
});

const records = testData('cifar100/cifar-100-binary/test.bin');

test.skipIf(records === undefined)('the superclasses are those of the images of CIFAR-100', () => {
  const bytes = readFileSync(records!);
  const folder = join(records!, '..');
  const lines = (file: string) => readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const classes = lines('fine_label_names.txt');
  const coarseOf = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += 2 + 3072) coarseOf.set(bytes[at + 1]!, bytes[at]!);
  expect(coarseOf.size).toBe(100);
  confusedWith(classes).forEach((other, label) => {
    expect(coarseOf.get(other)).toBe(coarseOf.get(label));
    expect(other).not.toBe(label);
  });
});
