import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';

/** Whether a path is a folder. */
export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Whether a path is a file. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Files of a folder whose names match, sorted by code units; none where it is no folder. Hidden ones are left out. */
export function filesIn(folder: string, pattern: RegExp): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && pattern.test(entry.name) && !entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort();
}

const BRACES = /\{(\d+)\.\.(\d+)\}/;

/** Whether a place is a pattern of numbered files: `train-{000000..000146}.tar`. */
export const isPattern = (place: string): boolean => BRACES.test(place);

/**
 * The files that a pattern names, as bash expands it.
 *
 * @throws InputError for numbers that fall, and for a file that is not there
 */
export function expanded(pattern: string): string[] {
  const found = BRACES.exec(pattern);
  if (!found) {
    if (existsSync(pattern)) return [pattern];
    throw new InputError(`There is no ${pattern}. Check the numbers of the pattern.`);
  }
  const [all, first, last] = found as unknown as [string, string, string];
  const [from, to] = [Number(first), Number(last)];
  if (to < from) throw new InputError(`${pattern} counts down: expected the smaller number first.`);
  return Array.from({ length: to - from + 1 }, (_, i) =>
    expanded(pattern.replace(all, String(from + i).padStart(first.length, '0'))),
  ).flat();
}

const NAME_FILES = ['classes.txt', 'classnames.txt', 'labels.txt'] as const;

/** Class names that a file beside the data lists, one a line: line i names class i. Undefined where there is none. */
export function classNamesIn(folder: string, read: (path: string) => string): string[] | undefined {
  const file = NAME_FILES.map((name) => join(folder, name)).find(isFile);
  if (file === undefined) return undefined;
  const names = read(file)
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const empty = names.indexOf('');
  // Left out, it would shift the classes behind it.
  if (empty >= 0)
    throw new InputError(`${file}, line ${empty + 1}: expected the name of a class, found none.`);
  if (new Set(names).size < names.length) throw new InputError(`${file} names a class twice.`);
  return names;
}
