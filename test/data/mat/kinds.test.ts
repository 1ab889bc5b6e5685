import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cells, number, numbers, readMat, structures, text } from '../../../src/data/mat/index.js';
import { Random } from '../../../src/data/random.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder, write } from '../fixtures.js';

const annotation = structures({ fname: text, class: number });

describe.each(['by-scipy.mat', 'by-scipy-plain.mat'])('%s', (name) => {
  const path = fileURLToPath(new URL(name, import.meta.url));

  test('numbers of several types', () => {
    const wanted = { bytes: numbers, doubles: numbers, shorts: numbers, large: number };
    const { bytes, doubles, shorts, large } = readMat(path, wanted);
    expect([bytes.shape, [...bytes.values]]).toEqual([
      [2, 3],
      [1, 4, 2, 5, 3, 6],
    ]);
    expect([...doubles.values]).toEqual([-1.5, 1e300]);
    expect([...shorts.values]).toEqual([-300, 301]);
    expect(large).toBe(2 ** 40);
  });

  test('text, also beyond ASCII, and cells of it', () => {
    const { line, names } = readMat(path, { line: text, names: cells(text) });
    expect(line).toBe('tench, Tinca tinca');
    expect(names).toEqual(['AM General Hummer SUV 2000', 'Crème brûlée', '€ 20 Ω', '']);
  });

  test('structures: the fields asked for, whatever lies between them', () => {
    const { annotations } = readMat(path, { annotations: annotation });
    expect(annotations).toEqual([
      { fname: '00001.jpg', class: 14 },
      { fname: '00002.jpg', class: 196 },
    ]);
    const synset = structures({ ILSVRC2012_ID: number, WNID: text, words: text, children: numbers });
    const { synsets, nested } = readMat(path, {
      synsets: synset,
      nested: structures({ inner: structures({ value: number }) }),
    });
    expect(synsets.map(({ ILSVRC2012_ID, WNID, words }) => [ILSVRC2012_ID, WNID, words])).toEqual([
      [1, 'n02119789', 'kit fox, Vulpes macrotis'],
      [1001, 'n00001740', 'entity'],
    ]);
    expect(synsets.map(({ children }) => [...children.values])).toEqual([[], [3, 4]]);
    expect(nested).toEqual([{ inner: [{ value: 7 }] }]);
  });

  test.each([
    ['text as numbers', { line: numbers }, 'the variable line is no array of real numbers'],
    ['complex numbers', { complex: numbers }, 'the variable complex is no array of real numbers'],
    ['an array as one number', { bytes: number }, 'the variable bytes has the shape 2 x 3'],
    ['numbers as text', { bytes: text }, 'the variable bytes is no text'],
    [
      'lines of text as one',
      { lines: text },
      'the variable lines has the shape 2 x 2, and should be one line',
    ],
    ['cells of another kind', { names: cells(number) }, 'cell 0 of the variable names is no array of real'],
    ['structures as cells', { annotations: cells(text) }, 'the variable annotations is no cell array'],
    ['cells as structures', { names: annotation }, 'the variable names is no structure array'],
    ['a field that is missing', { synsets: annotation }, 'the variable synsets has no field fname, class'],
    [
      'a field of another kind',
      { annotations: structures({ fname: number }) },
      'the field fname of entry 0 of the variable annotations is no array of real numbers',
    ],
  ])('%s', (_, wanted, problem) => {
    expect(() => readMat(path, wanted as Record<string, typeof numbers>)).toThrow(
      `${path} cannot be read as a MATLAB file: ${problem}`,
    );
  });
});

test('damaged bytes: an error that names the file, or what was read', () => {
  const whole = readFileSync(fileURLToPath(new URL('by-scipy-plain.mat', import.meta.url)));
  const random = Random.seeded(1, 0);
  const path = join(temporaryFolder(), 'x.mat');
  for (let round = 0; round < 600; round++) {
    const damaged = Buffer.from(whole);
    for (let i = 0; i <= round % 3; i++) damaged[random.uint32() % damaged.length] = random.uint32() & 255;
    write(path, damaged);
    try {
      const { annotations, names } = readMat(path, { annotations: annotation, names: cells(text) });
      for (const entry of annotations) expect(typeof entry.class).toBe('number');
      for (const name of names) expect(typeof name).toBe('string');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.message).toContain(path);
    }
  }
});
