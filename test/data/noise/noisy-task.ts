import type { Task } from '../../../src/data/dataset.js';

export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** A task whose images are one grey pixel each, `perClass` of every class in turn. */
export function pixelTask(classes: readonly string[], perClass: number): Task {
  const split = (length: number) => ({
    length,
    labels: Int32Array.from({ length }, (_, i) => i % classes.length),
    source: { kind: 'array' as const, pixels: new Uint8Array(3 * length), height: 1, width: 1 },
  });
  const length = perClass * classes.length;
  return {
    name: 'pixels',
    classes,
    train: split(length),
    test: split(classes.length),
    fingerprint: `pixels-${length}`,
  };
}

export const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `class${i}`);
