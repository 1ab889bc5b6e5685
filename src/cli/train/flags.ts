import { type Command, Option } from 'commander';
import {
  choicesOf,
  defaultOf,
  flagOf,
  GROUPS,
  isSwitch,
  OPTIONS,
  type OptionEntry,
  type RecipeInput,
  takesNumber,
} from '../../recipe/index.js';

const ENTRIES = Object.entries(OPTIONS) as [keyof RecipeInput, OptionEntry][];

/** Gives a command one flag for each option of a recipe, from the options' own tables, which are groups of the help. */
export function addRecipeFlags(command: Command): Command {
  for (const [group, entries] of Object.entries(GROUPS)) {
    for (const [name, entry] of Object.entries(entries))
      command.addOption(flag(name, entry).helpGroup(`${group}:`));
  }
  return command;
}

function flag(name: string, entry: OptionEntry): Option {
  const { argument, description, alias } = entry;
  const option = new Option(`${alias ? `--${alias}, ` : ''}${flagOf(name)} ${argument}`, description);
  const choices = choicesOf(entry);
  // Shown only: the schema checks them, as it checks those of a recipe file.
  if (choices) option.argChoices = choices;
  const value = defaultOf(entry);
  return value === undefined ? option : option.default(value);
}

/** What of a recipe was given on the command line, as values; the schema checks them later. */
export function givenFlags(command: Command): Partial<RecipeInput> {
  const given = ENTRIES.filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(
    given.map(([name, entry]) => [name, parsed(command.getOptionValue(name) as string | boolean, entry)]),
  );
}

/** Text that is no number is left for the schema, which says what would have been right. */
function parsed(text: string | boolean, entry: OptionEntry): string | number | boolean {
  if (typeof text === 'boolean') return text;
  if (isSwitch(entry) && (text === 'true' || text === 'false')) return text === 'true';
  if (!takesNumber(entry) || text.trim() === '') return text;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
