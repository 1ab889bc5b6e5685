import { availableParallelism } from 'node:os';
import type { Task } from '../data/dataset.js';
import { unknownName } from '../errors.js';
import { parseClassWeights } from '../loss/index.js';
import { blocksOf } from '../model/blocks/index.js';
import { buildForward, type Model } from '../model/index.js';
import { learningRateFactors, unfreezeStages } from '../model/trainable/index.js';
import { type RhoOptions, scaledLearningRate } from '../optimize/index.js';
import { layerOf, weightPattern } from '../patterns.js';
import { mixes } from '../recipe/index.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { METHODS, type SamMethod, type SamOptions } from '../sam/index.js';
import type { SessionConfig } from '../tensorflow/index.js';
import { usualAugmentations } from './checks.js';
import { type Plan, type ProgramOptions, planOf } from './program/index.js';
import { updatesPerEpoch } from './training-images.js';

/** The method of a recipe with its numbers; undefined where the gradient is taken at w. */
export function samOf(recipe: TrainingRecipe): SamOptions | undefined {
  const { sam, rho, samNorm, samEta, samAlpha, samSparsity, samLayers } = recipe;
  if (sam === 'none' || rho === 0) return undefined;
  return {
    method: sam,
    norm: samNorm,
    eta: samEta,
    sparsity: samSparsity,
    layers: samLayers,
    ...(samAlpha !== undefined && { alpha: samAlpha }),
  };
}

/** Steps from one ascent to the next. */
export function samEveryOf({ sam, samEvery }: TrainingRecipe): number {
  if (sam === 'none') return 1;
  const method: SamMethod = METHODS[sam];
  return samEvery ?? method.every ?? 1;
}

/**
 * The first step that ascends, from 0. SAM in the last epochs alone finds about as flat a minimum as SAM throughout:
 * arXiv 2410.10373.
 */
function samFromOf(recipe: TrainingRecipe, task: Task): number {
  const { samEpochs, epochs } = recipe;
  return samEpochs > 0 ? Math.round((epochs - samEpochs) * updatesPerEpoch(recipe, task)) : 0;
}

/** Whether steps are given a factor of the loss, and which. */
export function lossScaleOf({ lossScale, precision }: TrainingRecipe): number | 'dynamic' | 'none' {
  return lossScale ?? (precision === 'mixed-float16' ? 'dynamic' : 'none');
}

/** Whether images of an epoch, from 1, are mixed. */
export function mixesIn(
  epoch: number,
  recipe: Pick<TrainingRecipe, 'mixup' | 'cutmix' | 'epochs' | 'mixOffEpochs'>,
): boolean {
  return mixes(recipe) && epoch <= recipe.epochs - recipe.mixOffEpochs;
}

/** How a session computes: branches side by side get a thread each, one branch gets all of them. */
export function sessionOf(
  { precision }: Pick<TrainingRecipe, 'precision'>,
  { replicas }: Pick<Plan, 'replicas'>,
): SessionConfig {
  return {
    precision,
    ...(replicas > 1 && { intraOpThreads: 1, interOpThreads: Math.min(replicas, availableParallelism()) }),
  };
}

export interface Settings {
  plan: Plan;
  /** What every stage of the run has in common. */
  program: ProgramOptions;
  /** What does not train, by the epoch, from 0, that it starts with. */
  stages: readonly { fromEpoch: number; frozen: ReadonlySet<string> }[];
}

/**
 * What a recipe means for a model and a task.
 *
 * @throws InputError for numbers and patterns that do not fit them
 */
export function settingsOf(model: Model, task: Task, recipe: TrainingRecipe, teacher?: Model): Settings {
  const { source, labels } = task.train;
  const plan = planOf(recipe);
  const { weights } = buildForward(model.topology, { training: true, imageSize: model.imageSize });
  const classes = model.labels.length;
  const classWeights = parseClassWeights(recipe.classWeights, { labels, classes, names: task.classes });
  checkExcluded(recipe.decayExclude, weights);
  const sam = samOf(recipe);
  const { mixup, cutmix, mixMode, mixSwitch, mixProbability } = recipe;
  const side = { height: model.imageSize, width: model.imageSize };
  const { layerDecay, headRate, bodyRate } = recipe;
  const rated = layerDecay !== 1 || headRate !== 1 || bodyRate !== 1;
  return {
    plan,
    stages: unfreezeStages(model, weights, recipe),
    program: {
      source: source.kind === 'encoded' ? { ...side, kind: 'encoded' } : source,
      augmentations: recipe.augment ?? usualAugmentations(task),
      labelSmoothing: recipe.labelSmoothing,
      ...(mixes(recipe) && { mixing: { mixup, cutmix, mixMode, mixSwitch, mixProbability } }),
      ...(sam && {
        sam,
        samEvery: samEveryOf(recipe),
        samFrom: samFromOf(recipe, task),
        ascentFraction: recipe.ascentFraction,
      }),
      plan,
      loss: recipe.loss,
      ...(classWeights && { classWeights }),
      ...(teacher && {
        distill: { teacher, alpha: recipe.distillAlpha, temperature: recipe.distillTemperature },
      }),
      optimizer: recipe.optimizer,
      momentum: recipe.momentum,
      ...(recipe.beta2 !== undefined && { beta2: recipe.beta2 }),
      ...(recipe.epsilon !== undefined && { epsilon: recipe.epsilon }),
      weightDecay: recipe.weightDecay,
      ...(recipe.decayMode && { decayMode: recipe.decayMode }),
      decayExclude: recipe.decayExclude,
      decayAll: recipe.decayAll,
      clipNorm: recipe.clipNorm,
      clipAdaptive: recipe.clipAdaptive,
      ...(rated && { rateOf: learningRateFactors(model, { layerDecay, headRate, bodyRate }) }),
      isHead: headOf(model),
      frozenNorms: recipe.bn === 'frozen',
      bnMomentum: recipe.bnMomentum,
      averaged: recipe.ema > 0 || recipe.swa > 0,
      lossScaled: lossScaleOf(recipe) !== 'none' || recipe.precision !== 'float32',
      recompute: recipe.recompute,
      predictions: task.noise !== undefined,
      seed: recipe.seed,
      session: sessionOf(recipe, plan),
    },
  };
}

/** @throws InputError for a pattern of --decay-exclude that matches no weight */
function checkExcluded(patterns: readonly string[], weights: readonly { name: string }[]): void {
  const names = weights.map(({ name }) => name);
  for (const pattern of patterns) {
    if (names.some(weightPattern(pattern))) continue;
    const known = pattern.includes('/') ? names : [...new Set(names.map(layerOf))];
    throw unknownName(
      pattern.includes('/') ? 'weight for --decay-exclude' : 'layer for --decay-exclude',
      pattern,
      known,
    );
  }
}

/** Whether a weight is of the new head. */
function headOf(model: Model): (weight: string) => boolean {
  const layers = new Set(blocksOf(model).flatMap(({ head, layers }) => (head ? layers : [])));
  return (weight) => layers.has(layerOf(weight));
}

/** The course of learning rate and rho over a run. */
export function scheduleOf(recipe: TrainingRecipe, stepsPerEpoch: number): RhoOptions {
  const { batchSize, accumulate, learningRate, learningRateBase, epochs } = recipe;
  return {
    ...recipe,
    learningRate: scaledLearningRate(learningRate, {
      images: batchSize * accumulate,
      base: learningRateBase,
    }),
    warmupSteps: Math.round(recipe.warmupEpochs * stepsPerEpoch),
    cooldownSteps: Math.round(recipe.cooldownEpochs * stepsPerEpoch),
    totalSteps: epochs * stepsPerEpoch,
    stepsPerEpoch,
  };
}
