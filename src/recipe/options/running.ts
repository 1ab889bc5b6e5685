import { z } from 'zod';
import { DECODERS, type DecoderName } from '../../data/decode/index.js';
import { SAMPLINGS } from '../../data/order.js';
import { PRECISIONS } from '../../tensorflow/index.js';
import { keys, numberOr, option, switchable, whole } from './option.js';

/** How a run computes, and what it watches. */
export const RUNNING = {
  precision: option(
    z.enum(PRECISIONS).default('float32'),
    '<type>',
    "element type of the computation, by TensorFlow's own rewriter; weights stay float32",
  ),
  lossScale: option(
    numberOr(['dynamic', 'none'], z.number().positive()).optional(),
    '<scale>',
    'factor of the loss on the way back: a number, dynamic, or none; left out: dynamic with mixed-float16',
  ),
  recompute: option(
    z.boolean().default(false),
    '[true|false]',
    'computes activations again on the way back instead of keeping them: less memory, more time',
  ),
  onNan: option(
    z.enum(['stop', 'skip']).default('stop'),
    '<what>',
    'where loss or gradient is not a number: stop the run, or skip the step and count it',
  ),
  bestMetric: option(
    z.enum(['top1', 'top5', 'loss', 'macro-precision', 'macro-recall', 'macro-f1', 'last']).default('top1'),
    '<metric>',
    'which weights are kept: the best by this metric on the held-out images, or those of the last epoch (last); macro: means over the classes, for data sets with many images of some and few of others',
  ),
  patience: option(
    switchable(whole(0)).default(0),
    '<epochs>',
    'stops after this many epochs in a row without improvement; 0: never',
  ),
  seed: option(
    whole(0)
      .max(2 ** 31 - 1)
      .default(0),
    '<number>',
    'of everything random',
  ),
  sampling: option(
    z.enum(SAMPLINGS).default('shuffled'),
    '<how>',
    'order of the training images: shuffled; balanced: each class as often as the others; sequential: as they lie',
  ),
  lastBatch: option(
    z.enum(['drop', 'pad']).default('drop'),
    '<what>',
    "an epoch's last images that fill no update: drop them, or pad them from the start of its order",
  ),
  workers: option(
    whole(1).optional(),
    '<count>',
    'images in flight to the decoder; left out: three times two more than there are cores, at least 12',
  ),
  decoder: option(
    z.enum(['auto', ...keys<DecoderName>(DECODERS)]).default('auto'),
    '<name>',
    "what decodes images: sharp, or TensorFlow's own for parts of JPEGs; auto: the faster on a short sample",
  ),
  cache: option(
    z.string().min(1).default('auto'),
    '<where>',
    'keeps images that are decoded whole: memory, a folder for files, none; auto: in memory where they take a quarter of what is free. Of a linear probe it keeps the features; auto: in the folder of the run',
  ),
  onBadImage: option(
    z.enum(['fail', 'skip']).default('fail'),
    '<what>',
    'where an image cannot be read: fail, or skip it and count it, up to 1 % of them',
  ),
} as const;
