import { closest } from 'fastest-levenshtein';

/** Wrong usage or input: the command line ends with exit code 2 and prints the message, without a stack. */
export class InputError extends Error {
  override name = 'InputError';
}

/**
 * The project's one way to say that something given is not what was expected.
 *
 * @param name what it is about: a flag, an option, a file
 * @param expected what would have been right
 * @param received what was given
 * @param next the way out, one sentence (optional)
 * @example throw invalid('--rho', 'a number of 0 or more', -1)
 */
export function invalid(name: string, expected: string, received: unknown, next?: string): InputError {
  const got = typeof received === 'string' ? `'${received}'` : String(received);
  return new InputError(`Expected ${expected} for ${name}, received ${got}.${next ? ` ${next}` : ''}`);
}

/** Choices that a message lists: of the thousands of classes of a task, the nearest says more. */
const LISTED = 100;

/**
 * A name that is in no table: names the nearest one and lists the choices.
 *
 * @param kind what sort of thing was named, for example `task`
 * @param received the name that was given
 * @param known the valid names
 */
export function unknownName(
  kind: string,
  received: string,
  known: readonly string[],
  next?: string,
): InputError {
  const nearest = known.length > 0 ? ` Did you mean '${closest(received, [...known])}'?` : '';
  const listed = known.length > LISTED ? [...known.slice(0, LISTED), `${known.length - LISTED} more`] : known;
  return new InputError(
    `Unknown ${kind} '${received}'.${nearest} Known: ${listed.join(', ')}.${next ? ` ${next}` : ''}`,
  );
}
