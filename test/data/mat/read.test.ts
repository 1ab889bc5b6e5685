import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numbers, readMat } from '../../../src/data/mat/index.js';
import { Random } from '../../../src/data/random.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';
import { matFile } from './write.js';

const A = { name: 'a', shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const LONG = { name: 'a_long_name', shape: [1, 2], values: Float64Array.of(-1.5, 1e300) };

const save = (content: Buffer): string => write(join(temporaryFolder(), 'x.mat'), content);

describe.each([true, false])('compressed: %s', (compress) => {
  test('finds the variables asked for, in any order', () => {
    const path = save(
      matFile([LONG, A, { name: 'b', shape: [0, 0], values: new Uint8Array() }], { compress }),
    );
    const { a, a_long_name } = readMat(path, { a: numbers, a_long_name: numbers });
    expect([a.shape, [...a.values]]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect([a_long_name.shape, [...a_long_name.values]]).toEqual([
      [1, 2],
      [-1.5, 1e300],
    ]);
    expect([...readMat(path, { b: numbers }).b.values]).toEqual([]);
  });

  test('a variable that is missing', () => {
    const path = save(matFile([A], { compress }));
    expect(() => readMat(path, { a: numbers, X: numbers, y: numbers })).toThrow(
      `${path} cannot be read as a MATLAB file: it has no variable X, y. Get it again.`,
    );
  });

  test.each([
    ['text', { arrayClass: 4 }],
    ['complex numbers', { flags: 8 }],
  ])('%s', (_, options) => {
    const path = save(matFile([{ ...A, ...options }], { compress }));
    expect(() => readMat(path, { a: numbers })).toThrow('the variable a is no array of real numbers');
  });

  test('a shape of other values', () => {
    for (const [shape, problem] of [
      [[2, 4], 'has 6 values, and the shape 2 x 4'],
      [[-2, -3], 'has the shape -2 x -3'],
    ] as const) {
      const path = save(matFile([{ ...A, shape }], { compress }));
      expect(() => readMat(path, { a: numbers })).toThrow(`the variable a ${problem}`);
    }
  });

  test('a file that was cut off anywhere', () => {
    const whole = matFile([LONG, A], { compress });
    for (let length = 0; length < whole.length; length++) {
      const path = save(whole.subarray(0, length));
      expect(() => readMat(path, { a: numbers }), `${length} bytes`).toThrow(InputError);
      expect(() => readMat(path, { a: numbers })).toThrow(`${path} cannot be read as a MATLAB file: `);
    }
  });

  test('damaged bytes: an error that names the file, or numbers', () => {
    const whole = matFile([LONG, A], { compress });
    const random = Random.seeded(1, 0);
    const path = save(whole);
    for (let round = 0; round < 400; round++) {
      const damaged = Buffer.from(whole);
      for (let i = 0; i <= round % 3; i++) damaged[random.uint32() % damaged.length] = random.uint32() & 255;
      writeFileSync(path, damaged);
      try {
        for (const { shape, values } of Object.values(readMat(path, { a: numbers, a_long_name: numbers })))
          expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        expect(error.message).toContain(path);
      }
    }
  });
});

test('other formats', () => {
  const bigEndian = matFile([A]);
  bigEndian.write('MI', 126);
  const hdf5 = Buffer.alloc(600);
  hdf5.writeUInt16LE(0x0200, 124);
  hdf5.write('IM', 126);
  for (const content of [bigEndian, hdf5, readFileSync(import.meta.filename)])
    expect(() => readMat(save(content), { a: numbers })).toThrow('it is none of version 5, little-endian');
});
