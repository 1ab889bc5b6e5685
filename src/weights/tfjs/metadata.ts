import { z } from 'zod';
import type { LayersTopology } from '../../../models/topology.js';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import { type ModelData, NO_PREPROCESSING } from '../../model/data.js';
import { classCount, indexLabels, inputSize } from './defaults.js';

const VERSION = 1;
/** Our key in `userDefinedMetadata` of tfjs, and in what other formats have for the same. */
export const DESCRIPTION_KEY = 'samFinetune';

const channels = z.tuple([z.number(), z.number(), z.number()]);

const schema = z.looseObject({
  version: z.literal(VERSION),
  labels: z.array(z.string()),
  preprocessing: z.object({ mean: channels, std: channels }),
  imageSize: z.number().int().positive(),
});

/** What a layers model says about itself besides topology and weights. */
export type Description = Pick<ModelData, 'labels' | 'preprocessing' | 'imageSize'> & {
  /** What the writer added: how the model came about. */
  metadata: Record<string, unknown>;
};

/** The value of `userDefinedMetadata` that carries a description. */
export function describe({
  labels,
  preprocessing,
  imageSize,
  metadata,
}: Description): Record<string, unknown> {
  return { [DESCRIPTION_KEY]: { ...metadata, version: VERSION, labels, preprocessing, imageSize } };
}

/** The description of a model; where another program wrote it, what its topology tells. */
export function readDescription(
  path: string,
  topology: LayersTopology,
  userDefined: Record<string, unknown> | null | undefined,
): Description {
  const ours = parseDescription(path, userDefined, { classes: classCount(topology) });
  return (
    ours ?? {
      labels: indexLabels(topology),
      preprocessing: NO_PREPROCESSING,
      imageSize: inputSize(topology),
      metadata: {},
    }
  );
}

/**
 * The description that a writer of ours left in a model; undefined in those of other programs.
 *
 * @param options.classes logits of the model, where it tells their number
 * @param options.place where the file has it, for messages
 */
export function parseDescription(
  path: string,
  userDefined: Record<string, unknown> | null | undefined,
  {
    classes,
    place = `userDefinedMetadata.${DESCRIPTION_KEY}`,
  }: { classes?: number | undefined; place?: string },
): Description | undefined {
  const ours = userDefined?.[DESCRIPTION_KEY];
  if (ours === undefined) return undefined;
  const result = schema.safeParse(ours);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new InputError(
      `${place} in ${path} is not as expected: ${issue?.path.join('.')}: ${issue?.message}. ` +
        'Export the model again, with the version that reads it.',
    );
  }
  const { version: _, labels, preprocessing, imageSize, ...metadata } = result.data;
  if (classes !== undefined && classes !== labels.length) {
    throw new InputError(
      `${path} has ${classes} logits and ${labels.length} labels. Export the model again.`,
    );
  }
  return { labels, preprocessing, imageSize, metadata };
}

/** As {@link parseDescription}, for formats that hold text. */
export function parseDescriptionText(
  path: string,
  text: string | undefined,
  { classes }: { classes?: number } = {},
): Description | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, `JSON as its ${DESCRIPTION_KEY}`, (error as Error).message);
  }
  return parseDescription(path, { [DESCRIPTION_KEY]: value }, { classes, place: DESCRIPTION_KEY });
}
