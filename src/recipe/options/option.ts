import { z } from 'zod';
import { InputError } from '../../errors.js';
import { type NamedRow, parseNamed } from '../../named.js';

/** One option of a recipe: the same key in the library, in config files, and (with dashes) as a flag. */
export interface OptionEntry<S extends z.ZodType = z.ZodType> {
  schema: S;
  /** What follows the flag in `--help`, for example `<pixels>`. */
  argument: string;
  /** One line: what it does, its range and unit. */
  description: string;
  /** A second, shorter flag. */
  alias?: string;
}

export const option = <S extends z.ZodType>(
  schema: S,
  argument: string,
  description: string,
  alias?: string,
): OptionEntry<S> => ({ schema, argument, description, ...(alias !== undefined && { alias }) });

/** The names of a table, for a choice. */
export const keys = <T extends string>(table: Record<T, unknown>) => Object.keys(table) as [T, ...T[]];

export const whole = (minimum: number) => z.number().int().min(minimum);

/** From 0 to below 1. */
export const share = z.number().min(0).lt(1);

/** A size that 0 or `none` switches off. */
export const switchable = (schema: z.ZodNumber) =>
  z.preprocess((value) => (value === 'none' ? 0 : value), schema) as unknown as z.ZodNumber;

/** A number, or one of a few words. */
export const numberOr = <W extends string>(words: readonly [W, ...W[]], number: z.ZodNumber) =>
  z.preprocess(
    (value) =>
      typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))
        ? Number(value)
        : value,
    z.union([z.enum(words), number]),
  ) as unknown as z.ZodUnion<[z.ZodEnum<{ [K in W]: K }>, z.ZodNumber]>;

/** Texts from a comma-separated list or an array; `none` for none of them. */
export const list = (item: z.ZodString = z.string()) =>
  z.preprocess((value) => {
    const items = typeof value === 'string' ? value.split(',').map((text) => text.trim()) : value;
    return Array.isArray(items) ? items.filter((text) => text !== 'none' && text !== '') : items;
  }, z.array(item)) as unknown as z.ZodArray<z.ZodString>;

/** A name out of a table, with its numbers: `focal:2`. It stays a text; the stage that needs it reads it again. */
export const named = (table: Readonly<Record<string, NamedRow>>, flag: string): z.ZodString =>
  z.string().superRefine((text, context) => {
    try {
      parseNamed(text, table, flag);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

/** The optimizers' (or others') own values of an option, for its description. */
export function suited<K extends string>(
  table: Record<string, { defaults: Record<K, number> }>,
  name: K,
): string {
  return Object.entries(table)
    .map(([row, { defaults }]) => `${row} ${defaults[name]}`)
    .join(', ');
}

/** The default of an option, or undefined where it depends on base or task. */
export function defaultOf({ schema }: OptionEntry): unknown {
  const result = schema.safeParse(undefined);
  return result.success ? result.data : undefined;
}
