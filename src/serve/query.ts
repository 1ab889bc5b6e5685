import { unknownName } from '../errors.js';
import { Refusal } from './refusal.js';

/** What is asked of a prediction. */
export interface Wanted {
  /** Classes to name, likeliest first. */
  top: number;
  /** Whether the logits of all classes are wanted as well. */
  logits: boolean;
}

const KNOWN = ['top', 'logits'] as const;
const USUAL_TOP = 5;

/** Reads the query of `/predict`: `?top=N`, `?logits=true`. @throws Refusal 400 for anything else */
export function wantedOf(query: string): Wanted {
  const parameters = new URLSearchParams(query);
  for (const name of new Set(parameters.keys())) {
    if (!(KNOWN as readonly string[]).includes(name))
      throw new Refusal(400, unknownName('query parameter', name, KNOWN).message);
    if (parameters.getAll(name).length > 1) throw new Refusal(400, `'${name}' is given twice. Give it once.`);
  }
  const top = parameters.get('top') ?? String(USUAL_TOP);
  if (!/^[1-9]\d{0,8}$/.test(top))
    throw new Refusal(400, `Expected a whole number of 1 or more for top, received '${top}'.`);
  const logits = parameters.get('logits') ?? 'false';
  if (logits !== 'true' && logits !== 'false')
    throw new Refusal(400, `Expected true or false for logits, received '${logits}'.`);
  return { top: Number(top), logits: logits === 'true' };
}
