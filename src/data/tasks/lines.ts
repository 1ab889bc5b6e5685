import { readFileSync } from 'node:fs';
import { InputError } from '../../errors.js';

/** A line of a text file, and what messages call it. */
export interface Line {
  text: string;
  /** `path, line 3` */
  where: string;
}

/** The lines of a text file that are neither empty nor comments (`#`). */
export function* linesOf(path: string): Generator<Line, void, undefined> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`Cannot read ${path}: ${(error as Error).message}.`);
  }
  let number = 0;
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf('\n', at);
    const text = content.slice(at, end < 0 ? content.length : end).trim();
    at = end < 0 ? content.length : end + 1;
    number++;
    if (text !== '' && !text.startsWith('#')) yield { text, where: `${path}, line ${number}` };
  }
}
