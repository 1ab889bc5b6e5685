import { z } from 'zod';
import { SCHEDULES, type ScheduleName } from '../../optimize/index.js';
import { METHODS, type MethodName, rhoOf, type SamMethod } from '../../sam/index.js';
import { keys, list, numberOr, option, share, switchable, whole } from './option.js';

/** The methods' own alphas, for the description. */
const alphas = Object.entries<SamMethod>(METHODS)
  .filter(([, { alpha }]) => alpha !== undefined)
  .map(([name, { alpha }]) => `${name} ${alpha}`)
  .join(', ');

/** Radii of methods that measure in units of their own, for the description. */
const radii = keys<MethodName>(METHODS)
  .filter((name) => rhoOf(name) !== rhoOf('none'))
  .map((name) => `${name} ${rhoOf(name)}`)
  .join(', ');

/** Where the gradient is taken: SAM, its relatives, and how a batch is divided among perturbations. */
export const OBJECTIVE = {
  sam: option(
    z.enum([...keys<MethodName>(METHODS), 'none']).default('sam'),
    '<method>',
    'where the gradient is taken: at w + e by SAM or one of its relatives, or at w (none)',
  ),
  rho: option(
    switchable(z.number().min(0)).optional(),
    '<radius>',
    `radius of the ball that SAM ascends in; 0: the base optimizer alone; left out: ${rhoOf('none')}, ${radii}`,
  ),
  rhoSchedule: option(
    z.enum([...keys<ScheduleName>(SCHEDULES), 'learning-rate']).default('constant'),
    '<name>',
    'rho over the run, a schedule as of --schedule; learning-rate: in proportion to it, warm-up included',
  ),
  samNorm: option(
    numberOr(['inf'], z.number().gt(1)).default(2),
    '<p>',
    'norm of the ball: 2, inf, or any p above 1; e comes from the dual norm',
  ),
  samEta: option(
    z.number().min(0).default(0.01),
    '<eta>',
    'of asam: added to the size of a weight, so that small ones move too',
  ),
  samAlpha: option(z.number().min(0).optional(), '<alpha>', `the method's own number; left out: ${alphas}`),
  samEvery: option(
    whole(1).optional(),
    '<steps>',
    'steps from one ascent to the next; looksam reuses its direction between them; left out: looksam 5, others 1',
  ),
  samEpochs: option(
    switchable(z.number().min(0)).default(0),
    '<epochs>',
    'ascends in the last epochs only, this many (parts count); before them a step is the base optimizer alone; 0: in all',
  ),
  samSparsity: option(
    share.default(0),
    '<share>',
    'share of the weights, drawn anew each step, that is not perturbed',
  ),
  samLayers: option(
    list().default([]),
    '<patterns>',
    'perturbs only weights whose names match, with * (`top_*, */kernel`), or those of normalization layers (norms)',
  ),
  ascentFraction: option(
    z.number().gt(0).max(1).default(1),
    '<share>',
    'part of each batch that the ascent gradient is taken from: 0.25 makes a step cost 1.25 gradients, not 2',
  ),
  m: option(
    switchable(whole(0)).default(0),
    '<images>',
    'm-sharpness: each m images of a batch get a perturbation of their own; 0: the whole batch has one',
  ),
  syncPerturbation: option(
    z.boolean().default(false),
    '[true|false]',
    'one perturbation for all images of an update, however they are divided',
  ),
  replicas: option(
    whole(1).optional(),
    '<count>',
    'sub-batches of m images that run side by side, on several GPUs in turns; left out: as many as there are cores, at most 4',
  ),
  accumulate: option(
    whole(1).default(1),
    '<batches>',
    'batches whose gradients are averaged into one update',
  ),
} as const;
