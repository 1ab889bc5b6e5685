import { z } from 'zod';
import { AUGMENTATIONS } from '../augment/index.js';
import { HEAD_INITIALIZERS } from '../model/index.js';
import { OPTIMIZERS, type OptimizerName, SCHEDULES, type ScheduleName } from '../optimize/index.js';
import { NAME_MAPS } from '../weights/names/index.js';
import { PREPROCESSINGS, type PreprocessingName } from '../weights/preprocessings.js';

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

const option = <S extends z.ZodType>(
  schema: S,
  argument: string,
  description: string,
  alias?: string,
): OptionEntry<S> => ({ schema, argument, description, alias });

const keys = <T extends string>(table: Record<T, unknown>) => Object.keys(table) as [T, ...T[]];
const whole = (minimum: number) => z.number().int().min(minimum);
const share = z.number().min(0).lt(1);
/** A size that 0 or `none` switches off. */
const switchable = (schema: z.ZodNumber) =>
  z.preprocess((value) => (value === 'none' ? 0 : value), schema) as unknown as z.ZodNumber;

/** Choices from a comma-separated list or an array; `none` for none of them. */
const listOf = <T extends string>(names: readonly [T, ...T[]]) =>
  z.preprocess(
    (value) => {
      const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
      return Array.isArray(list) ? list.filter((name) => name !== 'none' && name !== '') : list;
    },
    z.array(z.enum(names)),
  ) as unknown as z.ZodArray<z.ZodEnum<{ [K in T]: K }>>;

/** The optimizers' own values of an option, for its description. */
function suited(name: 'learningRate' | 'weightDecay'): string {
  return Object.entries(OPTIMIZERS)
    .map(([optimizer, { defaults }]) => `${optimizer} ${defaults[name]}`)
    .join(', ');
}

/** Every option of a recipe. A new one is a row here. */
export const OPTIONS = {
  base: option(
    z.string().min(1),
    '<base>',
    'pretrained model: a name of `bases`, hf:OWNER/REPO, a run, a file or folder of a model, or the URL of a model.json',
  ),
  task: option(
    z.string().min(1),
    '<name|path>',
    'what to learn: a name of `tasks`, or a folder of class folders',
  ),
  weights: option(z.string().optional(), '<path|none>', 'file of weights for the base; none: random weights'),
  weightsSource: option(
    z.enum(NAME_MAPS.map(({ name }) => name) as [string, ...string[]]).optional(),
    '<name>',
    'who trained the weights of a file, where its names fit several: it decides padding and epsilon',
  ),
  preprocessing: option(
    z.enum(keys<PreprocessingName>(PREPROCESSINGS)).optional(),
    '<name>',
    'scale of pixels: 0..255 (none), 0..1 (unit), -1..1 (symmetric), imagenet, lite; left out: as the base says',
  ),
  fromLayer: option(
    z.string().min(1).optional(),
    '<layer>',
    'cuts the base behind this layer: see `bases NAME --summary`',
  ),
  unfoldNorms: option(
    z.boolean().default(false),
    '[true|false]',
    'batch normalization again where a graph model has it folded into convolutions, measured on training images',
  ),
  data: option(z.string().optional(), '<folder>', "where the named task's files are"),
  imageSize: option(
    whole(1).optional(),
    '<pixels>',
    "side of the network's input; left out: what suits the task, else the base's own size",
  ),
  batchSize: option(whole(1).default(32), '<images>', 'images a step'),
  epochs: option(whole(1).default(10), '<count>', 'passes over the training images'),
  sam: option(
    z.enum(['sam', 'none']).default('sam'),
    '<method>',
    'where the gradient is taken: at w + e (sam), or at w (none)',
  ),
  rho: option(
    switchable(z.number().min(0)).default(0.05),
    '<radius>',
    'radius of the ball that SAM ascends in, 2-norm over all weights; 0: the base optimizer alone',
  ),
  optimizer: option(
    z.enum(keys<OptimizerName>(OPTIMIZERS)).default('adamw'),
    '<name>',
    'base optimizer, which applies the gradient',
  ),
  learningRate: option(
    z.number().positive().optional(),
    '<rate>',
    `largest learning rate; left out: ${suited('learningRate')}`,
    'lr',
  ),
  momentum: option(share.default(0.9), '<share>', 'momentum of the base optimizer, beta1 of adamw; 0 to 1'),
  schedule: option(
    z.enum(keys<ScheduleName>(SCHEDULES)).default('cosine'),
    '<name>',
    'learning rate after the warm-up',
  ),
  warmupEpochs: option(
    switchable(z.number().min(0)).default(0.5),
    '<epochs>',
    'linear warm-up of the learning rate; may be a fraction',
  ),
  weightDecay: option(
    switchable(z.number().min(0)).optional(),
    '<lambda>',
    `shrinks kernels, not biases and norms; left out: ${suited('weightDecay')}`,
  ),
  labelSmoothing: option(
    switchable(share).default(0.1),
    '<share>',
    'part of each target spread over all classes',
  ),
  clipNorm: option(
    switchable(z.number().min(0)).default(0),
    '<norm>',
    "largest norm of the optimizer's gradient; 0: no clipping",
  ),
  bnMomentum: option(
    share.default(0.9),
    '<share>',
    "momentum of batch normalization's moving statistics; published 0.99 lags in a short fine-tuning",
  ),
  augment: option(
    listOf(AUGMENTATIONS).optional(),
    '<names>',
    `comma-separated: ${AUGMENTATIONS.join(', ')}; none; left out: what suits the task`,
  ),
  dropout: option(
    switchable(share).optional(),
    '<rate>',
    "dropout before the classifier; left out: the base's own",
  ),
  dropConnect: option(
    switchable(share).optional(),
    '<rate>',
    "drop-connect of the last block, less in those before; left out: the base's own",
  ),
  hidden: option(
    switchable(whole(0)).default(0),
    '<units>',
    'units of a hidden layer before the classifier; 0: none',
  ),
  keepMatchingClasses: option(
    z.boolean().default(false),
    '[true|false]',
    "classes that the base knows by name start with the base's own classifier",
  ),
  headInit: option(
    z.enum(HEAD_INITIALIZERS).default('zeros'),
    '<start>',
    'start of the new classifier: zeros, or variance scaling',
  ),
  seed: option(
    whole(0)
      .max(2 ** 31 - 1)
      .default(0),
    '<number>',
    'of everything random',
  ),
  limit: option(whole(1).optional(), '<images>', 'train on this many images, each class in proportion'),
  workers: option(whole(1).optional(), '<count>', 'images decoded at once; left out: one a core'),
  out: option(z.string().min(1).optional(), '<folder>', 'folder of the run; left out: runs/BASE-TASK-NUMBER'),
} as const;

export type OptionName = keyof typeof OPTIONS;
