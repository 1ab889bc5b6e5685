import { InputError } from '../errors.js';
import {
  OPTIMIZERS,
  type Optimizer,
  type OptimizerName,
  SCHEDULES,
  type Schedule,
  type ScheduleName,
} from '../optimize/index.js';
import { combines, METHODS, type SamMethod } from '../sam/index.js';
import { defaultOf, OPTIONS, type OptionName } from './options.js';
import type { Recipe } from './recipe.js';

/** One way in which a recipe can contradict itself. */
interface Contradiction {
  /** Whether it does. */
  holds: (recipe: Recipe) => boolean;
  /** Why that cannot be, and the way out: two short sentences. */
  reason: (recipe: Recipe) => string;
}

const methodOf = ({ sam }: Recipe): SamMethod | undefined => (sam === 'none' ? undefined : METHODS[sam]);
/** Schedules that end at --schedule-end. */
const FALLS_TO_END: readonly ScheduleName[] = ['cosine', 'linear', 'polynomial', 'one-cycle'];

const optimizerOf = (name: OptimizerName): Optimizer => OPTIMIZERS[name];

const rowOf = (schedule: ScheduleName): Schedule => SCHEDULES[schedule];

/** Whether an option is something else than by default. */
const isGiven = (recipe: Recipe, name: OptionName): boolean => recipe[name] !== defaultOf(OPTIONS[name]);

const warmUpOf = ({ schedule, warmupEpochs }: Recipe): number => (rowOf(schedule).warmsUp ? 0 : warmupEpochs);

/** Whether learning rate or rho goes by one of these schedules. */
const follows = ({ schedule, rhoSchedule }: Recipe, names: readonly ScheduleName[]): boolean =>
  names.includes(schedule) || names.some((name) => name === rhoSchedule);

const followed = ({ schedule, rhoSchedule }: Recipe): string =>
  rhoSchedule === 'constant' || rhoSchedule === 'learning-rate'
    ? `schedule is ${schedule}`
    : `schedule is ${schedule}, and that of rho ${rhoSchedule}`;

/** Whether images are mixed at all. */
export const mixes = ({ mixup, cutmix }: Pick<Recipe, 'mixup' | 'cutmix'>): boolean =>
  mixup > 0 || cutmix > 0;

/** What is switched on besides a linear probe, and cannot go with it. */
function besidesProbe(recipe: Recipe): string[] {
  const { augment = [], freeze, layerDecay, bodyRate, dropConnect = 0, teacher, bn } = recipe;
  const rows: [boolean, string][] = [
    [augment.length > 0, '--augment'],
    [mixes(recipe), '--mixup and --cutmix'],
    [freeze.length > 0, '--freeze'],
    [layerDecay !== 1, '--layer-decay'],
    [bodyRate !== 1, '--body-rate'],
    [dropConnect > 0, '--drop-connect'],
    [teacher !== undefined, '--teacher'],
    [bn === 're-estimate', '--bn re-estimate'],
  ];
  return rows.filter(([on]) => on).map(([, flag]) => flag);
}

/** An option that says how weights decay, where they do not. */
const ofDecay = (flag: string, isOn: (recipe: Recipe) => boolean): Contradiction => ({
  holds: (recipe) => isOn(recipe) && recipe.weightDecay === 0,
  reason: () =>
    `${flag} is given, but there is no weight decay. Give --weight-decay as well, or leave it out.`,
});

/** Every contradiction that a recipe alone can show. A new one is a row here. */
const CONTRADICTIONS: readonly Contradiction[] = [
  {
    holds: ({ sam, ascentFraction }) => sam !== 'none' && ascentFraction < 1 && combines(sam),
    reason: ({ sam }) =>
      `--ascent-fraction takes the ascent gradient from a part of the batch, but ${sam} compares it with the gradient of ` +
      'the whole batch. Leave it out, or take --sam sam.',
  },
  {
    holds: (recipe) =>
      recipe.samAlpha !== undefined &&
      methodOf(recipe) !== undefined &&
      methodOf(recipe)!.alpha === undefined,
    reason: ({ sam }) =>
      `--sam-alpha is given, but ${sam} has no alpha. Leave it out, or take --sam gsam or looksam.`,
  },
  {
    holds: (recipe) => isGiven(recipe, 'samEta') && recipe.sam !== 'asam' && recipe.sam !== 'none',
    reason: ({ sam }) => `--sam-eta is given, but ${sam} has no eta. Leave it out, or take --sam asam.`,
  },
  {
    holds: (recipe) => recipe.samEvery !== undefined && recipe.samEvery > 1 && recipe.sam === 'none',
    reason: () => '--sam-every is given, but --sam none never ascends. Leave one of them out.',
  },
  {
    holds: ({ samEpochs, sam }) => samEpochs > 0 && sam === 'none',
    reason: () => '--sam-epochs is given, but --sam none never ascends. Leave one of them out.',
  },
  {
    holds: ({ samEpochs, sam }) => samEpochs > 0 && sam === 'looksam',
    reason: () =>
      '--sam-epochs begins with steps that do not ascend, and looksam has no direction to reuse there. ' +
      'Leave it out, or take --sam sam.',
  },
  {
    holds: ({ samEpochs, epochs }) => samEpochs > epochs,
    reason: ({ samEpochs, epochs }) =>
      `--sam-epochs ascends in the last ${samEpochs} epochs, but the run has ${epochs}. Take fewer, or train longer.`,
  },
  {
    holds: (recipe) =>
      (recipe.scheduleDecay !== undefined || recipe.scheduleEvery !== undefined) &&
      !follows(recipe, ['step', 'exponential']),
    reason: (recipe) =>
      `--schedule-decay and --schedule-every are of the schedules step and exponential, but the ${followed(recipe)}. ` +
      'Leave them out, or take one of those.',
  },
  {
    holds: (recipe) => isGiven(recipe, 'schedulePower') && !follows(recipe, ['polynomial']),
    reason: (recipe) =>
      `--schedule-power is of the schedule polynomial, but the ${followed(recipe)}. Leave it out, or take that one.`,
  },
  {
    holds: (recipe) => isGiven(recipe, 'scheduleEnd') && !follows(recipe, FALLS_TO_END),
    reason: (recipe) =>
      `--schedule-end is of the schedules ${FALLS_TO_END.join(', ')}, but the ${followed(recipe)}. ` +
      'Leave it out, or take one of those.',
  },
  {
    holds: (recipe) => warmUpOf(recipe) + recipe.cooldownEpochs > recipe.epochs,
    reason: ({ warmupEpochs, cooldownEpochs, epochs }) =>
      (cooldownEpochs > 0
        ? `Warm-up (${warmupEpochs} epochs) and cool-down (${cooldownEpochs}) are longer than the run (${epochs}). `
        : `Warm-up (${warmupEpochs} epochs) is longer than the run (${epochs}): it never comes to the full learning rate. `) +
      'Shorten it, or train longer.',
  },
  {
    holds: (recipe) =>
      rowOf(recipe.schedule).warmsUp === true && recipe.warmupEpochs > 0 && isGiven(recipe, 'warmupEpochs'),
    reason: ({ schedule }) =>
      `--warmup-epochs is given, but ${schedule} warms up in its own way. Leave it out, or take another schedule.`,
  },
  {
    holds: ({ cooldownEpochs, schedule, scheduleEnd }) =>
      cooldownEpochs > 0 && scheduleEnd === 0 && FALLS_TO_END.includes(schedule),
    reason: ({ schedule }) =>
      `--cooldown-epochs stays at the rate that the schedule ends at, and ${schedule} ends at 0. ` +
      'Give --schedule-end as well, for example 0.01.',
  },
  {
    holds: ({ optimizer, beta2 }) => beta2 !== undefined && optimizerOf(optimizer).beta2 === undefined,
    reason: ({ optimizer }) => `--beta2 is given, but ${optimizer} has none. Leave it out, or take adamw.`,
  },
  {
    holds: ({ optimizer, epsilon }) => epsilon !== undefined && optimizerOf(optimizer).epsilon === undefined,
    reason: ({ optimizer }) => `--epsilon is given, but ${optimizer} has none. Leave it out, or take adamw.`,
  },
  {
    holds: ({ ema, swa }) => ema > 0 && swa > 0,
    reason: () => '--ema and --swa both say which average of the weights is kept. Leave one of them out.',
  },
  {
    holds: ({ swa, epochs }) => swa > epochs,
    reason: ({ swa, epochs }) =>
      `--swa averages the last ${swa} epochs, but the run has ${epochs}. Take fewer, or train longer.`,
  },
  {
    holds: (recipe) => mixes(recipe) && recipe.mixOffEpochs >= recipe.epochs,
    reason: ({ mixOffEpochs, epochs }) =>
      `--mix-off-epochs ${mixOffEpochs} leaves none of the ${epochs} epochs for mixing. Take fewer, or leave out --mixup and --cutmix.`,
  },
  {
    holds: (recipe) => recipe.mixOffEpochs > 0 && !mixes(recipe),
    reason: () =>
      '--mix-off-epochs is given, but nothing is mixed. Give --mixup or --cutmix as well, or leave it out.',
  },
  {
    holds: (recipe) =>
      !mixes(recipe) &&
      (['mixProbability', 'mixSwitch', 'mixMode'] as const).some((name) => isGiven(recipe, name)),
    reason: () =>
      '--mix-mode, --mix-switch and --mix-probability say how images are mixed, but nothing is mixed. ' +
      'Give --mixup or --cutmix as well, or leave them out.',
  },
  {
    holds: (recipe) => isGiven(recipe, 'mixSwitch') && recipe.mixup > 0 !== recipe.cutmix > 0,
    reason: () =>
      '--mix-switch chooses between mixup and CutMix, but only one of them is on. Give --mixup and --cutmix, or leave it out.',
  },
  {
    holds: (recipe) => mixes(recipe) && (recipe.m || recipe.batchSize) === 1,
    reason: ({ m }) =>
      `--mixup and --cutmix mix images of one ${m ? 'sub-batch' : 'batch'}, but it has a single one. ` +
      `Take a larger ${m ? '--m' : '--batch-size'}, or leave them out.`,
  },
  {
    holds: ({ syncPerturbation, m, accumulate }) => syncPerturbation && m === 0 && accumulate === 1,
    reason: () =>
      '--sync-perturbation is of an update that is divided, but this one is not. Give --m or --accumulate as well, or leave it out.',
  },
  {
    holds: (recipe) => recipe.bn === 'frozen' && isGiven(recipe, 'bnMomentum'),
    reason: () => '--bn-momentum is given, but --bn frozen moves no statistics. Leave one of them out.',
  },
  {
    holds: (recipe) =>
      recipe.teacher === undefined &&
      (isGiven(recipe, 'distillAlpha') || isGiven(recipe, 'distillTemperature')),
    reason: () =>
      '--distill-alpha and --distill-temperature are of a teacher, but there is none. Give --teacher as well, or leave them out.',
  },
  {
    holds: (recipe) => recipe.optimizer === 'sgd' && isGiven(recipe, 'momentum'),
    reason: () => '--momentum is given, but sgd has none. Leave it out, or take --optimizer momentum.',
  },
  ofDecay('--decay-exclude', ({ decayExclude }) => decayExclude.length > 0),
  ofDecay('--decay-all', ({ decayAll }) => decayAll),
  ofDecay('--decay-mode', ({ decayMode }) => decayMode !== undefined),
  {
    holds: ({ ascentFraction, batchSize, m }) =>
      ascentFraction < 1 && Math.max(1, Math.round(ascentFraction * (m || batchSize))) === (m || batchSize),
    reason: ({ ascentFraction, batchSize, m }) =>
      `--ascent-fraction ${ascentFraction} of ${m || batchSize} images is all of them. Leave it out, or take larger sub-batches.`,
  },
  {
    holds: ({ freeze, unfreezeSchedule }) => unfreezeSchedule.length > 0 && freeze.length === 0,
    reason: () =>
      '--unfreeze-schedule thaws what --freeze holds, but nothing is frozen. Give --freeze as well, for example body.',
  },
  {
    holds: (recipe) => recipe.linearProbe && besidesProbe(recipe).length > 0,
    reason: (recipe) =>
      `--linear-probe computes the features of each image once, so it does not go with ${besidesProbe(recipe).join(', ')}. ` +
      'Leave that out, or train with --freeze body instead.',
  },
  {
    holds: ({ clipAdaptive, linearProbe, freeze, unfreezeSchedule }) =>
      clipAdaptive > 0 && (linearProbe || (freeze.includes('body') && unfreezeSchedule.length === 0)),
    reason: () =>
      '--clip-adaptive leaves the head out, and nothing else trains. Leave it out, or take --clip-norm.',
  },
  {
    holds: ({ lossScale, precision }) =>
      typeof lossScale === 'number' && precision === 'mixed-bfloat16' && lossScale !== 1,
    reason: () => '--loss-scale is for mixed-float16: bfloat16 has the range of float32. Leave it out.',
  },
];

/**
 * Refuses a recipe that contradicts itself.
 *
 * @throws InputError with the reason and the way out
 */
export function checkContradictions(recipe: Recipe): void {
  const found = CONTRADICTIONS.find(({ holds }) => holds(recipe));
  if (found) throw new InputError(found.reason(recipe));
}
