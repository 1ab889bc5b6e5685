import { invalid } from '../../errors.js';

/** A whole number that a flag was given. */
export function whole(flag: string, text: string, minimum: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw invalid(flag, `a whole number of ${minimum} or more`, text);
}
