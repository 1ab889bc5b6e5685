import { accessSync, constants, mkdirSync } from 'node:fs';
import { InputError } from '../errors.js';

/** The folder that `--cache` names; undefined for its words. */
export const namedFolder = (cache: string): string | undefined =>
  ['auto', 'memory', 'none'].includes(cache) ? undefined : cache;

/**
 * A folder that something is kept in for later runs; it is made where it is not there.
 *
 * @throws InputError where it cannot be made or written to
 */
export function cacheFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    return path;
  } catch (error) {
    throw new InputError(
      `Nothing can be kept in ${path}: ${(error as Error).message}. Name another folder with --cache, or take --cache none.`,
    );
  }
}
