import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Request, resolveRecipe } from '../../src/cli/train/recipe.js';
import { InputError } from '../../src/errors.js';
import { defineRecipe } from '../../src/recipe/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';

const { path: folder, write } = temporaryFolder();
const flags = { base: 'efficientnet-lite0', task: 'digits' };
const home = process.cwd();
beforeEach(() => process.chdir(folder));
afterEach(() => process.chdir(home));

const message = (request: Request): string => {
  try {
    resolveRecipe(request);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
};

function startedRun(name: string, recipe: object): string {
  mkdirSync(join(folder, name));
  write(join(name, 'config.json'), JSON.stringify({ recipe }));
  return name;
}

describe('a new run', () => {
  test('takes the defaults, a recipe file over them, and flags over the file', () => {
    const config = write('recipe.yaml', 'epochs: 7\nrho: 0.1\nbase: efficientnet-lite1\n');
    const recipe = resolveRecipe({ flags: { ...flags, rho: 0.2 }, config });
    expect(recipe).toEqual({ ...defineRecipe({ ...flags, epochs: 7, rho: 0.2 }), out: recipe.out });
  });

  test('gets a folder of its own, numbered where the name is taken', () => {
    const out = (more = {}) => resolveRecipe({ flags: { ...flags, ...more } }).out;
    const first = join('runs', 'efficientnet-lite0-digits');
    expect(out()).toBe(first);
    mkdirSync(first, { recursive: true });
    expect(out()).toBe(`${first}-2`);
    mkdirSync(`${first}-2`);
    expect(out()).toBe(`${first}-3`);
    // A linear probe that was stopped before its first step has left its features there.
    mkdirSync(join(`${first}-2`, 'features'));
    expect(out()).toBe(`${first}-3`);
    expect(out({ linearProbe: true })).toBe(`${first}-2`);
  });

  test('is called after the folders of base and task', () => {
    mkdirSync('my photos');
    mkdirSync('old/model', { recursive: true });
    write('old/model/model.json', '{}');
    const recipe = resolveRecipe({ flags: { base: 'old/model/model.json', task: './my photos/' } });
    expect(recipe.out).toBe(join('runs', 'model-my-photos'));
  });

  test('keeps paths that hold from everywhere; names stay names', () => {
    mkdirSync('digits');
    const given = { ...flags, weights: 'w.pth', data: 'd' };
    expect(resolveRecipe({ flags: given })).toMatchObject({
      ...flags,
      weights: resolve('w.pth'),
      data: resolve('d'),
    });
    expect(resolveRecipe({ flags: { ...flags, task: './digits', weights: 'none' } })).toMatchObject({
      task: resolve('digits'),
      weights: 'none',
    });
  });

  test('is refused in a folder that holds something', () => {
    startedRun('taken', {});
    expect(message({ flags: { ...flags, out: 'taken' } })).toMatch(
      /taken holds another run\. Name another with --out/,
    );
  });
});

describe('a run that is resumed', () => {
  const own = { ...flags, epochs: 3, imageSize: 64, augment: ['crop'], out: '/elsewhere' };

  test('has its own recipe, wherever its folder is now', () => {
    const out = startedRun('plain', own);
    const recipe = resolveRecipe({ flags: { out }, resume: true });
    expect(recipe).toEqual({ ...defineRecipe({ ...own, augment: ['crop'] }), out });
  });

  test('takes the same options again, and others for where the data is and how many workers there are', () => {
    const out = startedRun('same', own);
    const again = { ...flags, epochs: 3, augment: 'crop' as never, workers: 5, data: '/moved', out };
    expect(resolveRecipe({ flags: again, resume: true })).toMatchObject({
      epochs: 3,
      workers: 5,
      data: '/moved',
    });
  });

  test.each([
    [{ epochs: 4 }, /started with --epochs 3, received --epochs 4/],
    [{ dropout: 0.5 }, /started with no --dropout, received --dropout 0\.5/],
    [{ base: 'efficientnet-lite1' }, /--base efficientnet-lite0, received --base efficientnet-lite1/],
  ])('is refused with %j, which differs', (other, expected) => {
    const out = startedRun(`differs-${Object.keys(other)[0]}`, own);
    expect(message({ flags: { out, ...other }, resume: true })).toMatch(expected);
  });

  test('has to be named, to be there, and to be the command line’s own', () => {
    expect(message({ flags, resume: true })).toMatch(/--out RUN/);
    expect(message({ flags: { out: 'absent' }, resume: true })).toMatch(/no run in absent/);
    startedRun('of-a-program', { epochs: 3 });
    expect(message({ flags: { out: 'of-a-program' }, resume: true })).toMatch(
      /started by a program.*resume: true/,
    );
    mkdirSync('damaged');
    write('damaged/config.json', '{"recipe": ');
    expect(message({ flags: { out: 'damaged' }, resume: true })).toMatch(
      /damaged.config\.json cannot be read/,
    );
  });
});
