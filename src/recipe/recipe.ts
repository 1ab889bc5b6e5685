import { z } from 'zod';
import { decoderCrop } from '../augment/index.js';
import { InputError, invalid, unknownName } from '../errors.js';
import { OPTIMIZERS } from '../optimize/index.js';
import { rhoOf } from '../sam/index.js';
import { checkContradictions } from './contradictions.js';
import {
  BRINGING_OPTIONS,
  type BringingOption,
  OPTIONS,
  type OptionEntry,
  type OptionName,
} from './options.js';

type Shape = { [K in OptionName]: (typeof OPTIONS)[K]['schema'] };

const shape = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { schema }]) => [name, schema]),
) as Shape;
const recipeSchema = z.object(shape);

/** A recipe with every default filled in; what only base and task can decide may still be open. */
export type Recipe = z.output<typeof recipeSchema> & {
  rho: number;
  learningRate: number;
  weightDecay: number;
};

/** A recipe as a user writes it: `base` and `task`, and what differs from the defaults. */
export type RecipeInput = z.input<typeof recipeSchema>;

/** What of a recipe concerns training itself. */
export type TrainingRecipe = Omit<Recipe, BringingOption>;

/** `imageSize` as a flag: `--image-size`. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * Checks a recipe and fills in the defaults.
 *
 * @throws InputError that names the option, what it takes, and what it was given; an unknown option is refused with
 * the nearest known one, and what contradicts itself with the reason
 * @example const recipe = defineRecipe({ base: 'efficientnet-lite0', task: 'cifar10', epochs: 3 });
 */
export function defineRecipe(input: RecipeInput): Recipe {
  const known = Object.keys(OPTIONS);
  for (const name of Object.keys(input)) if (!known.includes(name)) throw unknownName('option', name, known);
  const recipe = parse(recipeSchema, input);
  const { defaults } = OPTIMIZERS[recipe.optimizer];
  const whole = {
    ...recipe,
    rho: recipe.rho ?? rhoOf(recipe.sam),
    learningRate: recipe.learningRate ?? defaults.learningRate,
    weightDecay: recipe.weightDecay ?? defaults.weightDecay,
  };
  checkContradictions(whole);
  // Refuses augmentations that are named twice, and areas that are the wrong way round.
  decoderCrop(whole.augment ?? []);
  return whole;
}

/** The same for training alone, as `fineTune` takes it: what brings model and data is left out. */
export function defineTraining(input: Partial<RecipeInput>): TrainingRecipe {
  const recipe: Partial<Recipe> = defineRecipe({ ...input, base: 'model', task: 'task' });
  for (const name of BRINGING_OPTIONS) delete recipe[name];
  return recipe as TrainingRecipe;
}

function parse(schema: typeof recipeSchema, input: RecipeInput): z.output<typeof recipeSchema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const name = String(issue.path[0]);
  const given = (input as Record<string, unknown>)[name];
  if (given === undefined) throw new InputError(`The option ${flagOf(name)} is missing.`);
  if (issue.code === 'custom') throw new InputError(issue.message);
  const { argument, description } = OPTIONS[name as OptionName];
  throw invalid(flagOf(name), expectation(issue), given, `${flagOf(name)} ${argument}: ${description}.`);
}

const TYPES: Partial<Record<string, string>> = { int: 'a whole number', boolean: 'true or false' };

/** What would have been right, in words. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a ${issue.expected}`;
    default:
      return issue.message;
  }
}

/** Whether an option takes numbers, so that a flag's text must become one. */
export function takesNumber({ schema }: OptionEntry): boolean {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as { type?: string };
  return json.type === 'number' || json.type === 'integer';
}

/** Whether an option is on or off, so that its flag needs no value. */
export function isSwitch({ schema }: OptionEntry): boolean {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as { type?: string };
  return json.type === 'boolean';
}

/** The values that an option takes, where they are names out of a table. */
export function choicesOf({ schema }: OptionEntry): string[] | undefined {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as { enum?: string[] };
  return json.enum;
}
