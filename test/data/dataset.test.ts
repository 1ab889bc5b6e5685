import { describe, expect, test } from 'vitest';
import { type Dataset, fingerprint, limit, select, type Task } from '../../src/data/dataset.js';
import { imageFiles, namesOf } from '../../src/data/images/index.js';

const arrays = (n: number): Dataset => ({
  length: n,
  labels: Int32Array.from({ length: n }, (_, i) => i % 2),
  source: {
    kind: 'array',
    height: 1,
    width: 2,
    pixels: Uint8Array.from({ length: n * 6 }, (_, i) => i % 256),
  },
});
const files = (...paths: string[]): Dataset => ({
  length: paths.length,
  labels: Int32Array.from(paths, (_, i) => i % 2),
  source: { kind: 'encoded', images: imageFiles(paths) },
});
const task = (train: Dataset, heldOut: Dataset): Task => ({
  name: 'small',
  classes: ['a', 'b'],
  train,
  test: heldOut,
  fingerprint: fingerprint(['a', 'b'], [train, heldOut]),
});

describe('select', () => {
  test('takes the rows of pixels and labels', () => {
    const { length, labels, source } = select(arrays(10), Int32Array.of(7, 2));
    expect([length, [...labels]]).toEqual([2, [1, 0]]);
    expect(source.kind === 'array' && [...source.pixels]).toEqual([
      42, 43, 44, 45, 46, 47, 12, 13, 14, 15, 16, 17,
    ]);
  });

  test('takes the paths', () => {
    const { source } = select(files('/a', '/b', '/c'), Int32Array.of(2, 0));
    expect(source.kind === 'encoded' && [...namesOf(source.images)]).toEqual(['/c', '/a']);
  });
});

describe('features', () => {
  const features = (): Dataset => ({
    length: 4,
    labels: Int32Array.of(0, 1, 0, 1),
    source: {
      kind: 'features',
      values: Float32Array.from({ length: 4 * 1 * 2 * 3 }, (_, i) => i / 2),
      height: 1,
      width: 2,
      channels: 3,
    },
  });

  test('are selected by rows, as copies', () => {
    const all = features();
    const { labels, source } = select(all, Int32Array.of(3, 0));
    expect([...labels]).toEqual([1, 0]);
    if (source.kind !== 'features' || all.source.kind !== 'features') throw new Error('expected features');
    expect([...source.values]).toEqual([9, 9.5, 10, 10.5, 11, 11.5, 0, 0.5, 1, 1.5, 2, 2.5]);
    expect(source).toMatchObject({ height: 1, width: 2, channels: 3 });
    source.values.fill(-1);
    expect(all.source.values[0]).toBe(0);
  });

  test('show in the fingerprint: values and shape', () => {
    const print = (changes: object, at = -1) => {
      const dataset = features();
      if (dataset.source.kind !== 'features') throw new Error('expected features');
      if (at >= 0) dataset.source.values[at] = 99;
      Object.assign(dataset.source, changes);
      return fingerprint(['a', 'b'], [dataset]);
    };
    expect(print({})).toBe(print({}));
    expect(new Set([print({}), print({}, 7), print({ width: 3, channels: 2 })]).size).toBe(3);
  });
});

describe('limit', () => {
  test('keeps a part of train, in proportion, and test as it is', () => {
    const full = task(arrays(40), arrays(6));
    const part = limit(full, 10, 3);
    expect(part.train.length).toBe(10);
    expect(part.train.labels.reduce((a, b) => a + b, 0)).toBe(5);
    expect(part.test).toBe(full.test);
    expect(limit(full, 10, 3)).toEqual(part);
  });

  test('shows in the fingerprint, with its seed', () => {
    const full = task(arrays(40), arrays(6));
    const prints = [full, limit(full, 10, 3), limit(full, 10, 4), limit(full, 11, 3)].map(
      (t) => t.fingerprint,
    );
    expect(new Set(prints).size).toBe(4);
  });

  test('leaves a task alone that has no more images', () => {
    const full = task(arrays(4), arrays(2));
    expect(limit(full, 4, 0)).toBe(full);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %s', (n) => {
    expect(() => limit(task(arrays(4), arrays(2)), n, 0)).toThrow(
      `Expected a whole number of 1 or more for limit, received ${n}.`,
    );
  });
});

describe('fingerprint', () => {
  test('changes with a class name, a label, a pixel, the split and a file name', () => {
    const changedLabel = arrays(4);
    changedLabel.labels[0] = 1;
    const changedPixel = arrays(4);
    if (changedPixel.source.kind === 'array') changedPixel.source.pixels[5] = 99;
    const prints = [
      fingerprint(['a', 'b'], [arrays(4)]),
      fingerprint(['a', 'c'], [arrays(4)]),
      fingerprint(['a', 'b'], [changedLabel]),
      fingerprint(['a', 'b'], [changedPixel]),
      fingerprint(['a', 'b'], [arrays(2), arrays(2)]),
      fingerprint(['a', 'b'], [files('/x/1.jpg', '/x/2.jpg')], '/x'),
      fingerprint(['a', 'b'], [files('/x/1.jpg', '/x/3.jpg')], '/x'),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    expect(fingerprint(['a', 'b'], [arrays(4)])).toBe(prints[0]);
  });

  test('stays the same when the folder moves', () => {
    expect(fingerprint(['a'], [files('/x/1.jpg')], '/x')).toBe(
      fingerprint(['a'], [files('/other/1.jpg')], '/other'),
    );
  });
});
