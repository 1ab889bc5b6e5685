import { mkdirSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { InputError, invalid } from '../errors.js';

/**
 * Makes sure, before any work is done, that a file can be written where a flag says.
 *
 * @param ending what its name must end in, for example `.png`
 * @throws InputError for another ending, a folder, and a place where none can be made
 */
export function checkOutFile(flag: string, path: string, { ending }: { ending?: string } = {}): void {
  if (ending !== undefined && extname(path).toLowerCase() !== ending)
    throw invalid(flag, `a name that ends in ${ending}`, path);
  checkOutFolder(flag, dirname(path));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError(`${flag} ${path} is a folder. Name a file in it.`);
}

/**
 * Makes a folder for what a command writes.
 *
 * @throws InputError where none can be made
 */
export function checkOutFolder(flag: string, path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new InputError(
      `Cannot write to ${path}: ${(error as Error).message}. Name another place with ${flag}.`,
    );
  }
}
