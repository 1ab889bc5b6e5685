import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { BASES, type BaseModel } from '../../models/catalogue/index.js';
import { InputError, unknownName } from '../errors.js';
import type { Preprocessing } from '../model/data.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const names = z.array(z.string());

/** What timm writes beside the weights that it puts on the hub. */
const schema = z.looseObject({
  architecture: z.string(),
  num_classes: z.number().int().positive().optional(),
  label_names: names.optional(),
  pretrained_cfg: z
    .looseObject({
      mean: triple.optional(),
      std: triple.refine((std) => std.every((value) => value > 0)).optional(),
      input_size: triple.optional(),
      label_names: names.optional(),
    })
    .optional(),
});

/** What timm's config.json says of the weights beside it. */
export interface TimmConfig {
  /** The file. */
  path: string;
  /** timm's name of the network, for example `tf_efficientnet_b7`. */
  architecture: string;
  base: BaseModel;
  /** The name map. */
  source: string;
  preprocessing?: Preprocessing;
  imageSize?: number;
  labels?: readonly string[];
}

/**
 * Reads the config.json beside a file of weights; undefined where there is none, or it is no config of timm.
 *
 * @throws InputError for a network that is none of the catalogue's: those that are, are listed
 */
export function readTimmConfig(weights: string): TimmConfig | undefined {
  const path = join(dirname(weights), 'config.json');
  const result = schema.safeParse(readJson(path));
  if (!result.success) return undefined;
  const { architecture, label_names, pretrained_cfg: published = {} } = result.data;
  const size = published.input_size?.[1];
  const row = timmArchitectures().find(
    (candidate) => candidate.architecture === architecture && candidate.imageSize(size),
  );
  if (row === undefined) {
    const known = [...new Set(timmArchitectures().map((candidate) => candidate.architecture))];
    throw unknownName('architecture', architecture, known, `It is named in ${path}.`);
  }
  const labels = label_names ?? published.label_names;
  const { mean, std } = published;
  return {
    path,
    architecture,
    base: row.base,
    source: row.source,
    ...(mean && std && { preprocessing: { mean: scaled(mean), std: scaled(std) } }),
    ...(size !== undefined && { imageSize: size }),
    ...(labels && { labels }),
  };
}

/**
 * The name map that the name of a file tells, where it begins as timm names its networks: `tf_efficientnet_b0.pth` pads as
 * TensorFlow does, `efficientnet_b0_ra-3dd342df.pth` does not, and their weights bear the same names.
 */
export function timmSourceOf(file: string): string | undefined {
  const name = basename(file);
  return timmArchitectures().find(
    ({ architecture }) => name.startsWith(architecture) && /^[._-]/.test(name.slice(architecture.length)),
  )?.source;
}

interface TimmArchitecture {
  architecture: string;
  base: BaseModel;
  source: string;
  /** Whether this base is meant by that size: two differ in nothing else. */
  imageSize(size: number | undefined): boolean;
}

/** timm's names of the networks of the catalogue: those of the weights that it lists. */
function timmArchitectures(): TimmArchitecture[] {
  return BASES.flatMap((base) =>
    base.variants.flatMap(({ from, source }) => {
      if (from.kind !== 'hub' || !from.repository.startsWith('timm/')) return [];
      const architecture = from.repository.slice('timm/'.length).split('.')[0] as string;
      const isOther = (size: number | undefined): boolean =>
        BASES.some(
          (other) =>
            other !== base &&
            other.imageSize === size &&
            other.variants.some((row) => row.from.kind === 'hub' && named(row.from.repository, architecture)),
        );
      return [{ architecture, base, source, imageSize: (size: number | undefined) => !isOther(size) }];
    }),
  );
}

const named = (repository: string, architecture: string): boolean =>
  repository.startsWith(`timm/${architecture}.`);

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(
      `${path}, which tells the network of the weights beside it, is no JSON: ${(error as Error).message}. ` +
        'Fetch it again, or take it away.',
    );
  }
}

/** timm scales pixels to 0..1 first. */
const scaled = ([r, g, b]: [number, number, number]): [number, number, number] => [r * 255, g * 255, b * 255];
