import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { findBase } from '../../../models/catalogue/index.js';
import { TASKS } from '../../data/tasks/index.js';
import { InputError } from '../../errors.js';
import { defineRecipe, flagOf, type Recipe, type RecipeInput, readRecipeFile } from '../../recipe/index.js';
import { RunFolder } from '../../train/index.js';
import { readRunConfig, recipeOf } from '../run-config.js';

/** What the command line says. */
export interface Request {
  flags: Partial<RecipeInput>;
  /** Path of a recipe file. */
  config?: string;
  resume?: boolean;
}

/** A recipe whose run has a folder. */
export type RunRecipe = Recipe & { out: string };

/** Options that may differ when a run is resumed: they say where things are, and how many hands there are. */
const FREE: readonly string[] = ['out', 'data', 'workers'];

/**
 * The recipe of a run: flags over the recipe file over the defaults; for a run that is resumed, the run's own.
 *
 * @throws InputError for what is wrong in it, for a folder that holds another run, and for options that differ from
 * those of the run to be resumed
 */
export function resolveRecipe({ flags, config, resume = false }: Request): RunRecipe {
  const given = absolute({ ...(config !== undefined && readRecipeFile(config)), ...flags });
  if (resume) return resumed(given);
  const recipe = defineRecipe(given as RecipeInput);
  const out = recipe.out ?? freeFolder(recipe);
  RunFolder.at(out, recipe);
  return { ...recipe, out };
}

function resumed(given: Partial<RecipeInput>): RunRecipe {
  const { out } = given;
  if (out === undefined)
    throw new InputError('--resume goes on with a run that was interrupted: name its folder with --out RUN.');
  RunFolder.open(out);
  const stored = recipeOf(readRunConfig(out)!);
  if (!stored) {
    throw new InputError(
      `The run in ${out} was started by a program, not by this command: resume it there (fineTune, resume: true).`,
    );
  }
  const wanted = defineRecipe({ ...stored, ...given } as RecipeInput);
  for (const name of Object.keys(given) as (keyof Recipe)[]) {
    if (FREE.includes(name) || JSON.stringify(wanted[name]) === JSON.stringify(stored[name])) continue;
    throw new InputError(
      `The run in ${out} was started with ${shown(name, stored[name])}, received ${shown(name, wanted[name])}. ` +
        'Resume it without that option, or start another run without --resume.',
    );
  }
  return { ...wanted, out };
}

const shown = (name: string, value: unknown): string =>
  value === undefined ? `no ${flagOf(name)}` : `${flagOf(name)} ${String(value)}`;

/** Paths hold from wherever the run is looked at later. Names of the tables stay names. */
function absolute(given: Partial<RecipeInput>): Partial<RecipeInput> {
  const { base, task, weights, data, teacher } = given;
  const isPath = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return {
    ...given,
    ...(isPath(base) && isFileOfBase(base) && { base: resolve(base) }),
    ...(isPath(teacher) && isFileOfBase(teacher) && { teacher: resolve(teacher) }),
    ...(isPath(task) && !Object.hasOwn(TASKS, task) && existsSync(task) && { task: resolve(task) }),
    ...(isPath(weights) && weights !== 'none' && { weights: resolve(weights) }),
    ...(isPath(data) && { data: resolve(data) }),
  };
}

const isFileOfBase = (base: string): boolean => !findBase(base) && existsSync(base);

/** `runs/<base>-<task>`, with a number appended where that is taken. */
function freeFolder(recipe: Recipe): string {
  const { base, task } = recipe;
  const name = `${shortName(base)}-${shortName(task)}`;
  for (let number = 1; ; number++) {
    const out = join('runs', number === 1 ? name : `${name}-${number}`);
    if (!existsSync(out) || (recipe.linearProbe && RunFolder.holdsFeaturesAlone(out))) return out;
  }
}

function shortName(nameOrPath: string): string {
  const path = basename(nameOrPath) === 'model.json' ? dirname(nameOrPath) : nameOrPath;
  // Colons and spaces are no good in names of folders.
  return basename(path).replace(/[\s:]+/g, '-');
}
