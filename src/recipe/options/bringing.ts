import { z } from 'zod';
import { LABEL_NOISES } from '../../data/noise/index.js';
import { namesOf } from '../../named.js';
import { NAME_MAPS } from '../../weights/names/index.js';
import { PREPROCESSINGS, type PreprocessingName } from '../../weights/preprocessings.js';
import { keys, list, named, option, switchable, whole } from './option.js';

/** Where things are, and how a base becomes the model that is trained: what is done before training. */
export const BRINGING = {
  base: option(
    z.string().min(1),
    '<base>',
    'pretrained model: a name of `bases`, hf:OWNER/REPO, a run, a file or folder of a model, or the URL of a model.json',
  ),
  task: option(
    z.string().min(1),
    '<name|path>',
    'what to learn: a name of `tasks`, or images of your own: see `tasks` for the layouts',
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
  classes: option(
    list().default([]),
    '<names>',
    'only these classes of the task, comma-separated, or @FILE with one a line; left out: all',
  ),
  imageColumn: option(
    z.string().min(1).optional(),
    '<column>',
    'of a list or table: holds the paths or bytes of images; left out: by its name',
  ),
  labelColumn: option(
    z.string().min(1).optional(),
    '<column>',
    'of a list or table: holds the labels; left out: by its name',
  ),
  splitColumn: option(
    z.string().min(1).optional(),
    '<column>',
    'of a list: says train, val or test; left out: by its name, where there is one',
  ),
  followLinks: option(
    z.boolean().default(false),
    '[true|false]',
    "takes images that links or paths lead to out of the data's own folder",
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
  limit: option(whole(1).optional(), '<images>', 'train on this many images, each class in proportion'),
  labelNoise: option(
    z.preprocess(
      (value) => (value === 'none' ? undefined : value),
      named(LABEL_NOISES, '--label-noise').optional(),
    ) as unknown as z.ZodOptional<z.ZodString>,
    '<kind:share>',
    `redraws the labels of that share of the training images, recorded with the run: ${namesOf(LABEL_NOISES)}`,
  ),
  out: option(z.string().min(1).optional(), '<folder>', 'folder of the run; left out: runs/BASE-TASK-NUMBER'),
} as const;
