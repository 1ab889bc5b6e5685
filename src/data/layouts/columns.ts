import { InputError } from '../../errors.js';
import { LABEL_COLUMNS } from '../label-columns.js';
import type { LayoutOptions } from './layout.js';

/** Names that columns go by, the first that is there is taken; capitals do not count. */
const USUAL = {
  image: [
    'path',
    'file',
    'file_name',
    'filename',
    'filepath',
    'file_path',
    'image',
    'image_path',
    'img',
    'image_id',
    'id',
  ],
  label: LABEL_COLUMNS,
  split: ['split', 'set', 'subset', 'partition', 'fold'],
} as const;

/** What a column holds. */
export type ColumnRole = keyof typeof USUAL;

const FLAGS = { image: '--image-column', label: '--label-column', split: '--split-column' } as const;
const OPTION = { image: 'imageColumn', label: 'labelColumn', split: 'splitColumn' } as const;

/**
 * Which column holds what.
 *
 * @param file for messages
 * @returns its name; undefined where the split has none
 * @throws InputError that lists the columns, where the one asked for is not there, or none is called as usual
 */
export function columnOf(
  role: ColumnRole,
  columns: readonly string[],
  file: string,
  options: LayoutOptions,
): string | undefined {
  const asked = options[OPTION[role]];
  if (asked !== undefined) {
    if (columns.includes(asked)) return asked;
    throw new InputError(`${file} has no column '${asked}' (${FLAGS[role]}). It has: ${columns.join(', ')}.`);
  }
  const lower = columns.map((column) => column.trim().toLowerCase());
  for (const name of USUAL[role]) if (lower.includes(name)) return columns[lower.indexOf(name)];
  if (role === 'split') return undefined;
  throw new InputError(
    `${file} has no column that is called as one of ${role}s is: ${USUAL[role].join(', ')}. ` +
      `It has: ${columns.join(', ')}. Name the one to take with ${FLAGS[role]}.`,
  );
}
