import { AUGMENTATIONS } from '../augment/index.js';
import { LABEL_NOISES } from '../data/noise/index.js';
import { LOSSES } from '../loss/index.js';
import { type NamedRow, usageOf } from '../named.js';
import { OPTIMIZERS, SCHEDULES } from '../optimize/index.js';
import { METHODS } from '../sam/index.js';
import { defaultOf, GROUPS, type OptionEntry } from './options.js';
import { choicesOf, flagOf } from './recipe.js';

/** Text that goes into a cell of a table. Between backticks, all but what divides cells stays as it is. */
const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .split('`')
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('`');

function valueOfDefault(entry: OptionEntry): string {
  const value = defaultOf(entry);
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
}

function row(name: string, entry: OptionEntry): string {
  const { description, alias } = entry;
  const choices = choicesOf(entry);
  const flags = [flagOf(name), ...(alias === undefined ? [] : [`--${alias}`])].map((flag) => `\`${flag}\``);
  const named = choices ? `; one of ${choices.join(', ')}` : '';
  return `| ${flags.join(', ')} | \`${name}\` | ${valueOfDefault(entry)} | ${cell(description + named)} |`;
}

/** Tables whose rows an option takes. */
const TABLES: Readonly<Record<string, Readonly<Record<string, NamedRow>>>> = {
  'Methods (`--sam`)': METHODS,
  'Optimizers (`--optimizer`)': OPTIMIZERS,
  'Schedules (`--schedule`)': SCHEDULES,
  'Losses (`--loss`)': LOSSES,
  'Augmentations (`--augment`)': AUGMENTATIONS,
  'Label noise (`--label-noise`)': LABEL_NOISES,
};

function tableOf(title: string, rows: Readonly<Record<string, NamedRow>>): string {
  const lines = Object.entries(rows).map(([name, row]) => {
    const defaults = (row.parameters ?? []).map((parameter) => `${parameter.name} ${parameter.default}`);
    const own = defaults.length > 0 ? ` (${defaults.join(', ')})` : '';
    return `| \`${usageOf(name, row)}\` | ${cell(row.title + own)} |`;
  });
  return [`## ${title}`, '', '| name | |', '|---|---|', ...lines].join('\n');
}

/** The options of a recipe as a page in Markdown, from the tables that flags and recipe files come from. */
export function optionsDocument(): string {
  const groups = Object.entries(GROUPS).map(([title, entries]) =>
    [
      `## ${title}`,
      '',
      '| flag | key in recipe files and the library | default | |',
      '|---|---|---|---|',
      ...Object.entries(entries).map(([name, entry]) => row(name, entry)),
    ].join('\n'),
  );
  return [
    '# Options of a recipe',
    '',
    'Made by `npm run docs` from the schema that checks flags, recipe files and library calls. `0` or `none` switches a ' +
      'thing off. Options that contradict each other are refused with the reason.',
    '',
    [...groups, ...Object.entries(TABLES).map(([title, rows]) => tableOf(title, rows))].join('\n\n'),
    '',
  ].join('\n');
}
