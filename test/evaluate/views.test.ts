import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { VIEWS, viewsOf } from '../../src/evaluate/index.js';
import { decodedSize, type TestView, viewOf } from '../../src/evaluate/views.js';
import { Tensor } from '../../src/tensorflow/index.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A view of a batch, as numbers. */
function seen(
  values: readonly number[],
  shape: readonly number[],
  view: TestView,
  dtype: 'uint8' | 'float32',
) {
  const images = Tensor.from(dtype, values, shape);
  const result = viewOf(images, view);
  const found = { shape: result.shape, values: [...(result.data as Uint8Array)], dtype: result.dtype };
  result.dispose();
  images.dispose();
  return found;
}

describe('viewsOf', () => {
  test.each<[string, number]>([
    ['none', 1],
    ['flip', 2],
    ['crops', 5],
    ['crops:1', 1],
    ['crops:9', 9],
    ['flip-crops', 10],
    ['flip-crops:3', 6],
  ])('%s: %i views, all different', (name, count) => {
    const views = viewsOf(name);
    expect(views).toHaveLength(count);
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(count);
  });

  test('every name of the table has a title and views', () => {
    for (const [name, { title }] of Object.entries(VIEWS)) {
      expect(title).not.toBe('');
      expect(viewsOf(name).length).toBeGreaterThan(0);
    }
  });

  test.each(['flip', 'flip-crops:2'])('%s is refused where mirror images mean something else', (name) => {
    const refused = () => viewsOf(name, { mirrors: false });
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(
      `--tta ${name} mirrors images, and what this task shows is no longer its class in a mirror. Take crops:5, or none.`,
    );
    expect(viewsOf(name, { mirrors: true }).length).toBeGreaterThan(1);
  });

  test('what mirrors nothing is taken there', () => {
    expect(viewsOf('crops:5', { mirrors: false })).toHaveLength(5);
    expect(viewsOf('none', { mirrors: false })).toHaveLength(1);
  });

  test.each([
    ['crop', /Unknown name for --tta: 'crop'\. Did you mean 'crops'\?/],
    ['crops:10', /Expected a number in 1 to 9 for --tta, count of crops, received '10'\./],
    ['crops:0', /in 1 to 9/],
    ['crops:2.5', /Expected a whole number of 1 to 9 for --tta, count of crops, received 2\.5\./],
    ['flip:2', /'flip:2' for --tta has 1 numbers; flip takes 0\./],
  ])('%s is refused', (text, message) => {
    expect(() => viewsOf(text)).toThrow(message);
  });
});

test('files are decoded so that their windows have the size of the network', () => {
  expect(decodedSize(224, viewsOf('none'))).toBe(224);
  expect(decodedSize(224, viewsOf('flip'))).toBe(224);
  expect(decodedSize(224, viewsOf('crops:5'))).toBe(256);
  const crops = viewsOf('crops:9');
  for (let size = 1; size <= 600; size++) {
    const decoded = decodedSize(size, crops);
    // viewOf takes this window.
    expect(Math.round(decoded * 0.875), `${size}`).toBe(size);
  }
});

describe('viewOf', () => {
  /** Two images of 8 x 16 pixels, two channels: image, row, column and channel in its digits. */
  const shape = [2, 8, 16, 2];
  const values = Array.from({ length: 512 }, (_, i) => i % 251);
  const at = (image: number, y: number, x: number, c: number) => values[((image * 8 + y) * 16 + x) * 2 + c]!;
  const window = (top: number, left: number) =>
    [0, 1].flatMap((image) =>
      Array.from({ length: 7 }, (_, y) =>
        Array.from({ length: 14 }, (_, x) => [0, 1].map((c) => at(image, top + y, left + x, c))),
      ).flat(2),
    );

  test.each<[string, readonly [number, number], number, number]>([
    ['upper left', [0, 0], 0, 0],
    ['upper right', [1, 0], 0, 2],
    ['lower left', [0, 1], 1, 0],
    ['lower right', [1, 1], 1, 2],
    ['centre', [0.5, 0.5], 1, 1],
  ])('window: %s', (_name, place, top, left) => {
    const found = seen(values, shape, { place, mirrored: false }, 'uint8');
    expect(found.shape).toEqual([2, 7, 14, 2]);
    expect(found.values).toEqual(window(top, left));
  });

  test.each(['uint8', 'float32'] as const)(
    'mirrored, of %s: columns exchanged, channels and rows not',
    (dtype) => {
      const found = seen(values, shape, { mirrored: true }, dtype);
      expect([found.shape, found.dtype]).toEqual([shape, dtype]);
      const expected = [0, 1].flatMap((image) =>
        Array.from({ length: 8 }, (_, y) =>
          Array.from({ length: 16 }, (_, x) => [0, 1].map((c) => at(image, y, 15 - x, c))),
        ).flat(2),
      );
      expect(found.values).toEqual(expected);
    },
  );

  test('a mirrored window is the mirror image of that window', () => {
    const plain = seen(values, shape, { place: [1, 0], mirrored: false }, 'uint8');
    const mirrored = seen(values, shape, { place: [1, 0], mirrored: true }, 'uint8');
    expect(seen(mirrored.values, mirrored.shape, { mirrored: true }, 'uint8')).toEqual(plain);
    expect(mirrored.values).not.toEqual(plain.values);
  });

  test('a single pixel has one window: itself', () => {
    expect(seen([5, 6, 7], [1, 1, 1, 3], { place: [1, 1], mirrored: false }, 'uint8').values).toEqual([
      5, 6, 7,
    ]);
  });
});
