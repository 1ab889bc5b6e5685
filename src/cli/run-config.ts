import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.js';
import { defineRecipe, type Recipe, type RecipeInput } from '../recipe/index.js';

/** What a run says about itself in `config.json`; what else it holds is for people. */
const configSchema = z.looseObject({ recipe: z.record(z.string(), z.unknown()) });

/** The record of a run. */
export type RunConfig = z.output<typeof configSchema>;

/**
 * The record of the run that a path names, the run's folder or its `model/`; undefined where it names no run.
 *
 * @throws InputError when the record is damaged
 */
export function readRunConfig(path: string): RunConfig | undefined {
  const candidates = [path, ...(basename(path) === 'model' ? [dirname(path)] : [])];
  const file = candidates.map((folder) => join(folder, 'config.json')).find((name) => existsSync(name));
  if (file === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${(error as Error).message}. Is this the folder of a run?`);
  }
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError(`${file} is not the record of a run: it has no recipe. Name the folder of a run.`);
}

/** The whole recipe of a run that the command line started; undefined for one that a program started. */
export function recipeOf({ recipe }: RunConfig): Recipe | undefined {
  if (recipe.base === undefined || recipe.task === undefined) return undefined;
  return defineRecipe(recipe as RecipeInput);
}
