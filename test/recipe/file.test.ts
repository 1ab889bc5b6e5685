import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { defineRecipe, readRecipeFile } from '../../src/recipe/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';

const folder = temporaryFolder();

describe('a recipe file', () => {
  const expected = { epochs: 3, learningRate: 0.01, augment: ['flip'], rho: 'none', optimizer: 'sgd' };

  test('in YAML', () => {
    const path = folder.write(
      'recipe.yaml',
      '# three epochs\nepochs: 3\nlearningRate: 1e-2\naugment: [flip]\nrho: none\noptimizer: sgd\n',
    );
    expect(readRecipeFile(path)).toEqual(expected);
  });

  test('in JSON', () => {
    expect(readRecipeFile(folder.write('recipe.json', JSON.stringify(expected)))).toEqual(expected);
  });

  test('goes into a recipe', () => {
    const path = folder.write(
      'whole.yaml',
      'base: efficientnet-lite0\ntask: digits\nrho: none\naugment: flip, crop\n',
    );
    const recipe = defineRecipe({ base: '', task: '', ...readRecipeFile(path) });
    expect(recipe).toMatchObject({ base: 'efficientnet-lite0', rho: 0, augment: ['flip', 'crop'] });
  });
});

describe('is refused by its path', () => {
  const refusal = (path: string) => {
    try {
      readRecipeFile(path);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(path);
      return (error as Error).message;
    }
    throw new Error('The file was accepted.');
  };

  test('when it is missing', () => {
    expect(refusal(`${folder.path}/none.yaml`)).toContain(
      'cannot be read. --config takes a YAML or JSON file.',
    );
  });

  test('when it is neither YAML nor JSON', () => {
    expect(refusal(folder.write('broken.yaml', 'epochs: [3\nrho: }'))).toContain('neither YAML nor JSON');
  });

  test.each([
    ['empty', ''],
    ['a list', '- epochs: 3'],
    ['a text', 'epochs'],
  ])('when it is %s', (name, text) => {
    expect(refusal(folder.write(`${name}.yaml`, text))).toContain('holds no keys. Write one option a line');
  });

  test('when it has an unknown key: the nearest is named', () => {
    expect(refusal(folder.write('typo.yaml', 'epoch: 3\n'))).toContain("'epoch'. Did you mean 'epochs'?");
  });
});
