import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { InputError, unknownName } from '../errors.js';
import { OPTIONS } from './options.js';
import type { RecipeInput } from './recipe.js';

/**
 * Reads a recipe file, YAML or JSON, with the keys of {@link OPTIONS}.
 *
 * @throws InputError with the path, for a missing or malformed file and for unknown keys
 */
export function readRecipeFile(path: string): Partial<RecipeInput> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new InputError(`The recipe ${path} cannot be read. --config takes a YAML or JSON file.`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new InputError(`The recipe ${path} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`The recipe ${path} holds no keys. Write one option a line, for example: epochs: 3`);
  }
  const known = Object.keys(OPTIONS);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw unknownName(`option in ${path}:`, key, known);
  }
  return value as Partial<RecipeInput>;
}
