import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  applyStep,
  idOf,
  OPERATION_NAMES,
  type OperationName,
} from '../../../src/augment/operations/index.js';
import { Fragment } from '../../../src/tensorflow/index.js';
import { runFragment } from '../../model/run-fragment.js';

interface Reference {
  height: number;
  width: number;
  image: string;
  cases: { operation: OperationName; magnitude: number; result: string }[];
}

const decoded = (base64: string) => Array.from(Buffer.from(base64, 'base64'));
const reference: Reference = JSON.parse(readFileSync(new URL('reference.json', import.meta.url), 'utf8'));
const { height, width } = reference;
const image = decoded(reference.image);
const cases = reference.cases.map(({ result, ...done }) => ({ ...done, result: decoded(result) }));

type Done = readonly [OperationName, number];

/** Does one operation to each of the images, `[height, width, 3]`. */
async function changed(
  given: readonly number[][],
  done: readonly Done[],
  { size = { height, width }, among = OPERATION_NAMES } = {},
) {
  const f = new Fragment();
  f.input('images', 'float32', [-1, size.height, size.width, 3]);
  f.input('operation', 'int32', [-1]);
  f.input('magnitude', 'float32', [-1]);
  const step = { operation: 'operation', magnitude: 'magnitude', among };
  const output = applyStep(f, 'images', step, size);
  const feeds = {
    images: { values: given.flat(), shape: [given.length, size.height, size.width, 3] },
    operation: { dtype: 'int32' as const, values: done.map(([name]) => idOf(name)) },
    magnitude: { values: done.map(([, magnitude]) => magnitude) },
  };
  const [found] = await runFragment(f, feeds, [f.identity(output)]);
  const length = size.height * size.width * 3;
  return given.map((_, i) => found!.values.slice(i * length, (i + 1) * length));
}

const differences = (a: readonly number[], b: readonly number[]) =>
  a.map((value, i) => Math.abs(value - b[i]!));

describe("each operation is Pillow's", async () => {
  const done = cases.map(({ operation, magnitude }): Done => [operation, magnitude]);
  const all = (each: number[]) =>
    changed(
      cases.map(() => each),
      done,
    );
  // All in one batch, so that each image must get its own operation.
  const found = await all(image);
  // How the border is blended with what is outside differs.
  const inside = await all(Array(image.length).fill(255));

  test.each(cases.map((each, i) => ({ ...each, own: found[i]!, white: inside[i]! })))(
    '$operation $magnitude',
    ({ operation, magnitude, result, own, white }) => {
      const isWarp = /shear|translate|rotate/.test(operation);
      const compared = differences(own, result).filter((_, i) => !isWarp || white[i] === 255);
      expect(compared.length).toBeGreaterThan(result.length / 3);
      expect(Math.max(...compared)).toBeLessThanOrEqual(1);
      // Pillow cuts off what bilinear sampling leaves behind the point; here it is rounded.
      const equal = compared.filter((difference) => difference === 0).length;
      expect(equal / compared.length).toBeGreaterThan(isWarp ? 0.4 : 0.9);
      const isIdentity = operation === 'posterize' ? magnitude === 8 : magnitude === 256;
      expect(differences(own, image).some((difference) => difference > 0)).toBe(!isIdentity);
    },
  );
});

test('what moves pixels keeps an even image even, away from what comes from outside', async () => {
  const warps = cases
    .map(({ operation, magnitude }): Done => [operation, magnitude])
    .filter(([operation]) => /shear|translate|rotate/.test(operation));
  const all = (value: number) =>
    changed(
      warps.map(() => Array(image.length).fill(value)),
      warps,
    );
  const [white, even] = [await all(255), await all(77)];
  for (const [i, own] of even.entries()) {
    const inside = own.filter((_, place) => white[i]![place] === 255);
    expect(inside.length).toBeGreaterThan(image.length / 3);
    expect(new Set(inside)).toEqual(new Set([77]));
    // The corners at least come from outside, all of them from there alone.
    expect(own.some((value) => value === 128)).toBe(true);
  }
});

test('what changes colours keeps pixels in their places: equal colours become equal colours', async () => {
  const colours = cases
    .map(({ operation, magnitude }): Done => [operation, magnitude])
    .concat([['hue', 0.3]])
    .filter(([operation]) => !/shear|translate|rotate|sharpness/.test(operation));
  const coarse = image.map((value) => value & 0xc0);
  const found = await changed(
    colours.map(() => coarse),
    colours,
  );
  for (const own of found) {
    const became = new Map<string, string>();
    for (let i = 0; i < coarse.length; i += 3) {
      const [before, after] = [String(coarse.slice(i, i + 3)), String(own.slice(i, i + 3))];
      expect(became.get(before) ?? after).toBe(after);
      became.set(before, after);
    }
    expect(became.size).toBeGreaterThan(5);
  }
});

test('there is a case for each operation but those that are tested by themselves', () => {
  const covered = new Set<string>([...cases.map(({ operation }) => operation), 'identity', 'hue']);
  expect([...covered].sort()).toEqual([...OPERATION_NAMES].sort());
});

test('identity changes nothing, beside images that are changed', async () => {
  const given = [image, image.toReversed(), image];
  const found = await changed(given, [
    ['identity', 3],
    ['invert', 0],
    ['identity', 0],
  ]);
  expect([found[0], found[2]]).toEqual([given[0], given[2]]);
  expect(found[1]).toEqual(given[1]!.map((value) => 255 - value));
});

describe('what an operation does depends on no other image', async () => {
  const done = OPERATION_NAMES.map((name): Done => [name, 0.3]);
  const images = done.map((_, i) => image.map((value) => (value * (i + 1)) % 256));
  const together = await changed(images, done);
  test.each(OPERATION_NAMES.map((name, i) => ({ name, i })))('$name', async ({ name, i }) => {
    const [alone] = await changed([images[i]!], [done[i]!], { among: [name] });
    expect(together[i]).toEqual(alone);
  });
});

test.each([['auto-contrast'], ['equalize'], ['contrast'], ['color'], ['sharpness']] as const)(
  '%s leaves an image of one grey as it is',
  async (name) => {
    const grey = Array(image.length).fill(77);
    expect(await changed([grey], [[name, 0.8]])).toEqual([grey]);
  },
);

test('sharpness of images without an inside leaves them as they are', async () => {
  const given = Array.from({ length: 2 * 7 * 3 }, (_, i) => i * 5);
  expect(await changed([given], [['sharpness', 0.9]], { size: { height: 2, width: 7 } })).toEqual([given]);
});

describe('hue', () => {
  const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 200, 200, 200, 10, 20, 30, 255, 128, 0];
  const turned = async (turns: number) =>
    (await changed([colours], [['hue', turns]], { size: { height: 1, width: 6 } }))[0]!;

  test('a third of a turn makes red green, green blue, blue red', async () => {
    expect((await turned(1 / 3)).slice(0, 9)).toEqual([0, 255, 0, 0, 0, 255, 255, 0, 0]);
    expect((await turned(-1 / 3)).slice(0, 9)).toEqual([0, 0, 255, 255, 0, 0, 0, 255, 0]);
  });

  test('no turn, and greys, stay as they are', async () => {
    expect(await turned(0)).toEqual(colours);
    expect((await turned(0.4)).slice(9, 12)).toEqual([200, 200, 200]);
  });

  test('half a turn swaps a colour with its opposite, and keeps brightness', async () => {
    expect((await turned(0.5)).slice(12, 15)).toEqual([30, 20, 10]);
    expect((await turned(-0.5)).slice(15)).toEqual([0, 127, 255]);
  });
});
