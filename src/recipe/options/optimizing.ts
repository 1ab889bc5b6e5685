import { z } from 'zod';
import {
  DECAY_MODES,
  OPTIMIZERS,
  type OptimizerName,
  SCHEDULES,
  type ScheduleName,
} from '../../optimize/index.js';
import { keys, list, option, share, suited, switchable, whole } from './option.js';

/** How the gradient becomes an update: optimizer, its learning rate, decay, clipping, and averages of the weights. */
export const OPTIMIZING = {
  batchSize: option(whole(1).default(32), '<images>', 'images a step'),
  epochs: option(whole(1).default(10), '<count>', 'passes over the training images'),
  optimizer: option(
    z.enum(keys<OptimizerName>(OPTIMIZERS)).default('adamw'),
    '<name>',
    'base optimizer, which applies the gradient',
  ),
  learningRate: option(
    z.number().positive().optional(),
    '<rate>',
    `largest learning rate; left out: ${suited(OPTIMIZERS, 'learningRate')}`,
    'lr',
  ),
  learningRateBase: option(
    switchable(whole(0)).default(0),
    '<images>',
    'scales the learning rate by images an update / this number (linear scaling); 0: as it is',
    'lr-base',
  ),
  momentum: option(
    share.default(0.9),
    '<share>',
    'momentum of the base optimizer, its beta1 where it has betas',
  ),
  beta2: option(share.optional(), '<share>', "beta2, or rmsprop's decay; left out: the optimizer's own"),
  epsilon: option(
    z.number().positive().optional(),
    '<number>',
    "epsilon in the optimizer's denominator; left out: the optimizer's own",
  ),
  weightDecay: option(
    switchable(z.number().min(0)).optional(),
    '<lambda>',
    `shrinks kernels, not biases and norms (see --decay-all); left out: ${suited(OPTIMIZERS, 'weightDecay')}`,
  ),
  decayMode: option(
    z.enum(DECAY_MODES).optional(),
    '<mode>',
    'coupled: the penalty goes through the optimizer; decoupled: beside it; left out: as the optimizer was published',
  ),
  decayAll: option(
    z.boolean().default(false),
    '[true|false]',
    'weight decay on biases and normalization layers as well, as in google-research/sam',
  ),
  decayExclude: option(
    list().default([]),
    '<patterns>',
    'weights without decay, besides biases and norms unless --decay-all is given, comma-separated with *: `stem_*, predictions/kernel`',
  ),
  clipNorm: option(
    switchable(z.number().min(0)).default(0),
    '<norm>',
    "largest norm of the optimizer's gradient; 0: no clipping",
  ),
  clipAdaptive: option(
    switchable(z.number().min(0)).default(0),
    '<factor>',
    "adaptive clipping: largest norm of a unit's gradient as a share of its weights' norm, usually 0.01; 0: none",
  ),
  schedule: option(
    z.enum(keys<ScheduleName>(SCHEDULES)).default('cosine'),
    '<name>',
    'learning rate after the warm-up',
  ),
  scheduleBy: option(
    z.enum(['step', 'epoch']).default('step'),
    '<unit>',
    'how often the learning rate changes',
  ),
  scheduleDecay: option(
    z.number().gt(0).lt(1).optional(),
    '<factor>',
    'of step and exponential: factor of each decay; left out: step 0.1, exponential 0.97',
  ),
  scheduleEvery: option(
    z.number().positive().optional(),
    '<epochs>',
    'of step and exponential: epochs from one decay to the next; left out: step a third of the run, exponential 2.4',
  ),
  schedulePower: option(z.number().positive().default(1), '<power>', 'of polynomial: its power'),
  scheduleEnd: option(
    z.number().min(0).max(1).default(0),
    '<share>',
    'share of the largest learning rate that cosine, linear, polynomial and one-cycle end at',
  ),
  warmupEpochs: option(
    switchable(z.number().min(0)).default(0.5),
    '<epochs>',
    'linear warm-up of the learning rate; may be a fraction',
  ),
  cooldownEpochs: option(
    switchable(z.number().min(0)).default(0),
    '<epochs>',
    'last epochs at the learning rate that the schedule ends at, of --epochs; may be a fraction',
  ),
  ema: option(
    switchable(share).default(0),
    '<decay>',
    'exponential moving average of the weights, with warm-up; it is what is evaluated and kept; 0: none',
  ),
  swa: option(
    switchable(whole(0)).default(0),
    '<epochs>',
    'stochastic weight averaging over the last epochs: evaluated and kept, with statistics re-estimated; 0: none',
  ),
  bn: option(
    z.enum(['update', 'frozen', 're-estimate']).default('update'),
    '<policy>',
    'batch normalization: moving statistics follow (update), stay (frozen), or are measured anew to evaluate (re-estimate)',
  ),
  bnMomentum: option(
    share.default(0.9),
    '<share>',
    "momentum of batch normalization's moving statistics; published 0.99 lags in a short fine-tuning",
  ),
} as const;
