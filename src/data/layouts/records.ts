import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
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
  /** Where it ends, from 1. */
  line: number;
}

const ROLES = ['image', 'label', 'split'] as const satisfies ColumnRole[];

/**
 * The entries of a list, one after the other: CSV or TSV with a header line, or an object of JSON a line.
 *
 * @throws InputError that names the file and the line
 */
export function readList(file: string, options: LayoutOptions): AsyncGenerator<ListedImage> {
  if (/\.(jsonl|ndjson)$/i.test(file)) return readObjects(file, options);
  return readTable(file, /\.tsv$/i.test(file) ? '\t' : ',', options);
}

async function* readTable(
  file: string,
  delimiter: string,
  options: LayoutOptions,
): AsyncGenerator<ListedImage> {
  const parser = parse({ delimiter, bom: true, skip_empty_lines: true, relax_quotes: true, info: true });
  const stream = createReadStream(file);
  stream.on('error', (error) => parser.destroy(error));
  stream.pipe(parser);
  let places: Record<ColumnRole, number> | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (!places) {
        const columns = record.map((name) => name.trim());
        places = Object.fromEntries(
          ROLES.map((role) => [role, columns.indexOf(columnOf(role, columns, file, options) ?? '\0')]),
        ) as Record<ColumnRole, number>;
        continue;
      }
      const { image, label, split } = places;
      yield checked(file, {
        path: record[image]!.trim(),
        label: record[label]!.trim(),
        split: split < 0 ? undefined : record[split]!.trim(),
        line: info.lines,
      });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} cannot be read: ${(error as Error).message}.`);
  } finally {
    stream.destroy();
  }
}

async function* readObjects(file: string, options: LayoutOptions): AsyncGenerator<ListedImage> {
  const stream = createReadStream(file, 'utf8');
  let line = 0;
  try {
    for await (const given of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const text = line++ === 0 ? given.replace(/^\ufeff/, '') : given;
      if (text.trim() === '') continue;
      const fields = parsed(text, file, line);
      const columns = Object.keys(fields);
      const of = (role: ColumnRole) => {
        const column = columnOf(role, columns, `${file}, line ${line},`, options);
        const value = column === undefined ? undefined : fields[column];
        if (value === undefined || value === null) return undefined;
        if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
        throw new InputError(`${file}, line ${line}: '${column}' is neither a text nor a number.`);
      };
      yield checked(file, { path: of('image') ?? '', label: of('label') ?? '', split: of('split'), line });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} cannot be read: ${(error as Error).message}.`);
  } finally {
    stream.destroy();
  }
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

function checked(file: string, image: ListedImage): ListedImage {
  for (const [what, value] of [
    ['path', image.path],
    ['label', image.label],
  ] as const) {
    if (value === '') throw new InputError(`${file}, line ${image.line}: it has no ${what}.`);
  }
  return image;
}
