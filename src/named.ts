import { InputError, invalid, unknownName } from './errors.js';

/** A number that a row of a table takes behind its name: `focal:2`. */
export interface Parameter {
  /** In the words of its paper, for messages and help. */
  name: string;
  default: number;
  /** @default 0 */
  minimum?: number;
  /** @default Infinity */
  maximum?: number;
}

/** A row of a table whose name may be followed by numbers. */
export interface NamedRow {
  /** A line for help, with its source. */
  title: string;
  parameters?: readonly Parameter[];
}

/** A name with its numbers, those left out at their defaults. */
export interface Named<K extends string = string> {
  name: K;
  parameters: readonly number[];
}

/**
 * Reads `name`, `name:number` or `name:number:number` by a table.
 *
 * @param option what the text was given for, for messages: `--loss`
 * @throws InputError for an unknown name, too many numbers, and numbers out of their range
 * @example parseNamed('focal:2', LOSSES, '--loss'); // { name: 'focal', parameters: [2] }
 */
export function parseNamed<K extends string>(
  text: string,
  table: Readonly<Record<K, NamedRow>>,
  option: string,
): Named<K> {
  const [name = '', ...given] = text.split(':').map((part) => part.trim());
  if (!Object.hasOwn(table, name)) throw unknownName(`name for ${option}:`, name, Object.keys(table));
  const { parameters = [] } = table[name as K];
  if (given.length > parameters.length) {
    throw new InputError(
      `'${text}' for ${option} has ${given.length} numbers; ${usageOf(name, { parameters })} takes ${parameters.length}.`,
    );
  }
  return { name: name as K, parameters: parameters.map((parameter, i) => numberOf(parameter, given[i])) };

  function numberOf(parameter: Parameter, part: string | undefined): number {
    const { minimum = 0, maximum = Number.POSITIVE_INFINITY } = parameter;
    if (part === undefined) return parameter.default;
    const value = part === '' ? Number.NaN : Number(part);
    if (value >= minimum && value <= maximum) return value;
    const range =
      maximum === Number.POSITIVE_INFINITY ? `of ${minimum} or more` : `in ${minimum} to ${maximum}`;
    throw invalid(`${option}, ${parameter.name} of ${name}`, `a number ${range}`, part);
  }
}

/** A row as help shows it: `focal:GAMMA`. */
export function usageOf(name: string, { parameters = [] }: Pick<NamedRow, 'parameters'>): string {
  return [name, ...parameters.map((parameter) => parameter.name.toUpperCase().replaceAll(' ', '-'))].join(
    ':',
  );
}

/** All rows of a table as help lists them, with the defaults of their numbers: `focal:2`. */
export function namesOf(table: Readonly<Record<string, NamedRow>>): string {
  return Object.entries(table)
    .map(([name, { parameters = [] }]) =>
      [name, ...parameters.map((parameter) => parameter.default)].join(':'),
    )
    .join(', ');
}
