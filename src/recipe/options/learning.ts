import { z } from 'zod';
import { LOSSES } from '../../loss/index.js';
import { HEAD_INITIALIZERS } from '../../model/index.js';
import { namesOf } from '../../named.js';
import { list, named, option, share, switchable } from './option.js';

/** Which weights learn, how fast, and from which loss. */
export const LEARNING = {
  freeze: option(
    list().default([]),
    '<patterns>',
    'what does not train: layers (`stem_*`), a count of blocks from the input (`3`), or all but the head (`body`)',
  ),
  unfreezeSchedule: option(
    list().default([]),
    '<epoch:what>',
    'thaws what --freeze holds, from these epochs on: `2:block7*`, `4:5` (the last 5 blocks), `6:all`',
  ),
  layerDecay: option(
    z.number().gt(0).max(1).default(1),
    '<factor>',
    'learning rate of a block, as a share of that of the block behind it',
  ),
  headRate: option(
    z.number().min(0).default(1),
    '<factor>',
    "the head's learning rate, as a multiple of the learning rate",
  ),
  bodyRate: option(
    z.number().min(0).default(1),
    '<factor>',
    "the body's learning rate, as a multiple of the learning rate; 0 still costs its gradients: --freeze body does not",
  ),
  linearProbe: option(
    z.boolean().default(false),
    '[true|false]',
    "trains the head alone, on the body's features, which are computed once",
  ),
  loss: option(
    named(LOSSES, '--loss').default('cross-entropy'),
    '<name>',
    `loss, with its numbers: ${namesOf(LOSSES)}`,
  ),
  classWeights: option(
    list().default([]),
    '<weights>',
    'weights of the classes in the loss, comma-separated in class order; balanced: in inverse proportion to their images',
  ),
  labelSmoothing: option(
    switchable(share).default(0.1),
    '<share>',
    'part of each target spread over all classes',
  ),
  teacher: option(
    z.string().min(1).optional(),
    '<run|model>',
    'a trained model to distil from: a run, or what --base takes',
  ),
  distillAlpha: option(
    z.number().min(0).max(1).default(0.5),
    '<share>',
    "share of the teacher's part in the loss",
  ),
  distillTemperature: option(
    z.number().positive().default(4),
    '<temperature>',
    'softens logits of teacher and student',
  ),
  dropout: option(
    switchable(share).optional(),
    '<rate>',
    "dropout before the classifier; left out: the base's own",
  ),
  dropConnect: option(
    switchable(share).optional(),
    '<rate>',
    "drop-connect (stochastic depth) of the last block, less in those before; left out: the base's own",
  ),
  headInit: option(
    z.enum(HEAD_INITIALIZERS).default('zeros'),
    '<start>',
    'start of the new classifier: zeros, or drawn by the number of classes (variance) or of features (fan-in)',
  ),
} as const;
