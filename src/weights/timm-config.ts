import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { BaseModel } from '../../models/catalogue/index.js';
import type { Conventions } from '../../models/conventions.js';
import { InputError, unknownName } from '../errors.js';
import type { Preprocessing } from '../model/data.js';
import { timmArchitectures } from './timm-architectures.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const names = z.array(z.string());

/** What timm writes beside the weights that it puts on the hub. */
const schema = z.looseObject({
  architecture: z.string(),
  num_classes: z.number().int().positive().optional(),
  label_names: names.optional(),
  model_args: z
    .looseObject({ pad_type: z.string().optional(), bn_eps: z.number().positive().optional() })
    .optional(),
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
  /** Where the network differs from what its architecture is by itself. */
  conventions: Partial<Conventions>;
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
  const { architecture, label_names, model_args, pretrained_cfg: published = {} } = result.data;
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
    conventions: conventionsOf(model_args),
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

/** What timm builds a network with, where that is not as its name says. */
function conventionsOf({
  pad_type,
  bn_eps,
}: {
  pad_type?: string;
  bn_eps?: number;
} = {}): Partial<Conventions> {
  return {
    ...(pad_type !== undefined && { padding: pad_type === 'same' ? 'same' : 'symmetric' }),
    ...(bn_eps !== undefined && { epsilon: bn_eps }),
  };
}

/** timm scales pixels to 0..1 first. */
const scaled = ([r, g, b]: [number, number, number]): [number, number, number] => [r * 255, g * 255, b * 255];
