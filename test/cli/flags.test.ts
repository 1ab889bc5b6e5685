import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addRecipeFlags, givenFlags } from '../../src/cli/train/flags.js';
import {
  choicesOf,
  defaultOf,
  defineRecipe,
  flagOf,
  OPTIONS,
  type OptionEntry,
  type RecipeInput,
} from '../../src/recipe/index.js';

const ENTRIES = Object.entries(OPTIONS) as [keyof RecipeInput, OptionEntry][];
const NEEDED = ['--base', 'efficientnet-lite0', '--task', 'digits'];

function parsed(...args: string[]): Partial<RecipeInput> {
  const command = addRecipeFlags(new Command()).exitOverride();
  command.configureOutput({ writeErr: () => {} }).parse(args, { from: 'user' });
  return givenFlags(command);
}

const recipe = (...args: string[]) => defineRecipe(parsed(...NEEDED, ...args) as RecipeInput);

/** Help without its line breaks. */
const help = addRecipeFlags(new Command()).helpInformation().replaceAll(/\s+/g, ' ');

describe('every option of a recipe', () => {
  test.each(ENTRIES)('%s is in the help with its description, choices and default', (name, entry) => {
    const [, own] = help.split(`${flagOf(name)} ${entry.argument} `);
    expect(own).toBeDefined();
    expect(own!.startsWith(entry.description)).toBe(true);
    const behind = own!.slice(entry.description.length, own!.indexOf(' --', entry.description.length));
    const value = defaultOf(entry);
    if (value === undefined) expect(behind).not.toContain('default');
    else expect(behind).toContain(`default: ${JSON.stringify(value)}`);
    for (const choice of choicesOf(entry) ?? []) expect(behind).toContain(`"${choice}"`);
  });

  test.each(ENTRIES)('%s at its default says nothing, and given as a flag means the same', (name, entry) => {
    expect(parsed()).toEqual({});
    const value = defaultOf(entry);
    if (value === undefined) return;
    expect(recipe(flagOf(name), String(value))).toEqual(recipe());
  });

  const choices = ENTRIES.flatMap(([name, entry]) =>
    (choicesOf(entry) ?? []).map((choice) => [name, choice] as const),
  );
  test.each(choices)('%s takes %s, as it advertises', (name, choice) => {
    // What says how images are mixed needs some that are.
    const mixing = name === 'mixMode' ? ['--mixup', '0.2'] : [];
    expect(recipe(flagOf(name), choice, ...mixing)[name]).toBe(choice);
  });

  const aliases = ENTRIES.flatMap(([name, { alias }]) => (alias ? [[alias, name] as const] : []));
  test.each(aliases)('--%s is short for %s', (alias, name) => {
    expect(parsed(`--${alias}`, '0.25')).toEqual({ [name]: 0.25 });
  });
});

test('there are choices and aliases to test', () => {
  expect(choicesOf(OPTIONS.optimizer)).toContain('nesterov');
  expect(OPTIONS.learningRate.alias).toBe('lr');
});

describe('values', () => {
  test('numbers become numbers, in every notation', () => {
    expect(parsed('--lr', '1e-3', '--epochs', '7', '--limit=64')).toEqual({
      learningRate: 1e-3,
      epochs: 7,
      limit: 64,
    });
  });

  test('a switch is on by its name alone, and takes true and false', () => {
    expect(parsed('--unfold-norms', '--epochs', '7')).toEqual({ unfoldNorms: true, epochs: 7 });
    expect(parsed('--unfold-norms', 'false')).toEqual({ unfoldNorms: false });
    expect(() => recipe('--unfold-norms', 'perhaps')).toThrow(
      /Expected true or false for --unfold-norms, received 'perhaps'/,
    );
  });

  test('a name that looks like a number stays a name', () => {
    expect(parsed('--task', '10', '--out', '7')).toEqual({ task: '10', out: '7' });
  });

  test('0 and none switch things off', () => {
    for (const off of ['0', 'none'])
      expect(recipe('--rho', off, '--clip-norm', off)).toMatchObject({ rho: 0, clipNorm: 0 });
    expect(recipe('--augment', 'none').augment).toEqual([]);
    expect(recipe('--sam', 'none').sam).toBe('none');
  });

  test('the last of two counts', () => {
    expect(parsed('--epochs', '2', '--epochs', '1')).toEqual({ epochs: 1 });
  });

  test.each([
    [['--rho', 'small'], /a number for --rho, received 'small'/],
    [['--epochs', ''], /number for --epochs, received ''/],
    [['--sam', 'sma'], /one of sam, .*, none for --sam, received 'sma'/],
    [['--seed', '-1'], /at least 0 for --seed, received -1/],
  ])('%j is refused by the schema', (args, message) => {
    expect(() => recipe(...args)).toThrow(message);
  });
});
