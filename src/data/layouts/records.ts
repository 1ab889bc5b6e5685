import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { InputError } from '../../errors.js';
import { type ColumnRole, columnOf } from './columns.js';
import type { LayoutOptions } from './layout.js';

/** One entry of a list of images. */
export interface ListedImage {
  path: string;
  label: string;
  /** As it is written; undefined where the list says nothing. */
  split?: string | undefined;
  /** Where it begins, from 1. */
  line: number;
}

/** Receives the entries in their order; what it throws ends the reading. */
type Visit = (image: ListedImage) => void;

const ROLES = ['image', 'label', 'split'] as const satisfies ColumnRole[];
/** No entry is longer: a quote that is never closed would take in all lines behind it. */
const LONGEST = 2 ** 20;

/**
 * Gives the entries of a list to `visit`, one after the other: CSV or TSV with a header line, or an object of JSON a line. They
 * are not iterated over, which would make a promise of each of millions.
 *
 * @throws InputError that names the file and the line
 */
export async function readList(file: string, options: LayoutOptions, visit: Visit): Promise<void> {
  try {
    if (/\.(jsonl|ndjson)$/i.test(file)) await readObjects(file, options, visit);
    else await readTable(file, /\.tsv$/i.test(file) ? '\t' : ',', options, visit);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

async function readTable(
  file: string,
  delimiter: string,
  options: LayoutOptions,
  visit: Visit,
): Promise<void> {
  // Lines are counted and columns checked here: the parser's own account of each record takes longer than the record.
  const parser = parse({
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: LONGEST,
  });
  let columns: string[] | undefined;
  let places: Record<ColumnRole, number> | undefined;
  let next = 1;
  const take = (record: string[]) => {
    const line = next;
    next += 1 + lineBreaksIn(record);
    if (record.length === 1 && record[0] === '') return;
    if (!columns || !places) {
      const names = record.map((name) => name.trim());
      columns = names;
      places = Object.fromEntries(
        ROLES.map((role) => [role, names.indexOf(columnOf(role, names, file, options) ?? '\0')]),
      ) as Record<ColumnRole, number>;
      return;
    }
    if (record.length !== columns.length) {
      throw new InputError(
        `${file}, line ${line}: expected ${columns.length} columns as in the header, received ${record.length}. ` +
          'A value with the separator in it needs quotes.',
      );
    }
    const { image, label, split } = places;
    const path = checked(record[image]!, 'path', file, line);
    const className = checked(record[label]!, 'label', file, line);
    visit({ path, label: className, split: split < 0 ? undefined : record[split]!.trim(), line });
  };
  parser.on('readable', () => {
    try {
      for (let record = parser.read(); record !== null; record = parser.read()) take(record);
    } catch (error) {
      parser.destroy(error as Error);
    }
  });
  await pipeline(createReadStream(file), parser);
}

function lineBreaksIn(record: readonly string[]): number {
  let breaks = 0;
  for (const value of record)
    for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) breaks++;
  return breaks;
}

async function readObjects(file: string, options: LayoutOptions, visit: Visit): Promise<void> {
  let line = 0;
  let known = '';
  let places: Partial<Record<ColumnRole, string>> = {};
  const take = (given: string) => {
    line++;
    const text = line === 1 ? given.replace(/^\ufeff/, '') : given;
    if (text.trim() === '') return;
    const fields = parsed(text, file, line);
    const columns = Object.keys(fields);
    // Most lines have the keys of the line before.
    if (columns.join('\0') !== known) {
      places = {};
      for (const role of ROLES) {
        const column = columnOf(role, columns, `${file}, line ${line},`, options);
        if (column !== undefined) places[role] = column;
      }
      known = columns.join('\0');
    }
    const of = (role: ColumnRole): string | undefined => {
      const column = places[role];
      const value = column === undefined ? undefined : fields[column];
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
      throw new InputError(`${file}, line ${line}: '${column}' is neither a text nor a number.`);
    };
    const path = checked(of('image') ?? '', 'path', file, line);
    visit({ path, label: checked(of('label') ?? '', 'label', file, line), split: of('split'), line });
  };
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    // Only \n ends a line: the other separators of Unicode may stand in the strings of JSON.
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const each of lines) take(each);
    if (rest.length > LONGEST)
      throw new InputError(`${file}, line ${line + 1}: it is longer than ${LONGEST} characters.`);
  }
  take(rest);
}

function parsed(text: string, file: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}, line ${line}: it is no JSON (${(error as Error).message}).`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new InputError(`${file}, line ${line}: expected an object of JSON.`);
}

function checked(given: string, what: string, file: string, line: number): string {
  const value = given.trim();
  if (value === '') throw new InputError(`${file}, line ${line}: it has no ${what}.`);
  return value;
}
