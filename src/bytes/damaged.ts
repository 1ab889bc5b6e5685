import { InputError } from '../errors.js';

/**
 * A file that breaks off or contradicts itself.
 *
 * @param path the file
 * @param expected what a sound file has there
 * @param received what this one has
 */
export function damaged(path: string, expected: string, received: string): InputError {
  return new InputError(
    `Expected ${expected} in ${path}, received ${received}. The file seems truncated or corrupt: fetch it again.`,
  );
}
