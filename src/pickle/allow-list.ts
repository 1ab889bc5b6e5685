import type { PickleGlobal, PickleValue } from './values.js';

/** What a pickle may name: whatever is not in it is refused, so that a file can build data and nothing else. */
export interface AllowList {
  /** What is read, for messages: `tensors`. */
  title: string;
  /** The classes and functions, by `module.name`. */
  globals: ReadonlyMap<string, PickleGlobal>;
  /** What to do where something else is named. */
  advice: string;
  /** What a persistent id names. @default they are refused */
  persistent?(id: PickleValue): PickleValue;
  /** What the byte strings of Python 2 are: text, or the bytes of arrays. @default 'text' */
  byteStrings?: 'text' | 'bytes';
}
