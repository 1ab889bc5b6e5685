import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { defineRecipe, type RecipeInput } from '../../src/recipe/index.js';

const recipe = (given: Partial<RecipeInput>) => defineRecipe({ base: 'b', task: 't', ...given });

describe('a recipe that contradicts itself is refused with the reason and the way out', () => {
  test.each<[Partial<RecipeInput>, RegExp]>([
    [
      { sam: 'gsam', ascentFraction: 0.25 },
      /gsam compares it with the gradient of the whole batch\. Leave it out/,
    ],
    [{ sam: 'looksam', ascentFraction: 0.5 }, /looksam compares it/],
    [{ sam: 'asam', samAlpha: 0.4 }, /asam has no alpha/],
    [{ samEta: 0.1 }, /sam has no eta\. .* take --sam asam/],
    [{ sam: 'none', samEvery: 2 }, /--sam none never ascends/],
    [{ sam: 'none', samEpochs: 1 }, /--sam none never ascends/],
    [{ sam: 'looksam', samEpochs: 1, epochs: 3 }, /looksam has no direction to reuse there/],
    [{ samEpochs: 4, epochs: 3 }, /last 4 epochs, but the run has 3/],
    [{ scheduleDecay: 0.5 }, /of the schedules step and exponential, but the schedule is cosine/],
    [{ schedulePower: 2 }, /of the schedule polynomial, but the schedule is cosine/],
    [{ scheduleEnd: 0.1, schedule: 'constant' }, /--schedule-end is of the schedules cosine, .* is constant/],
    [
      { schedule: 'constant', rhoSchedule: 'step', schedulePower: 2 },
      /polynomial, but the schedule is constant, and that of rho step/,
    ],
    [{ mixProbability: 0.5 }, /nothing is mixed\. Give --mixup or --cutmix/],
    [{ mixup: 0.2, mixSwitch: 0.3 }, /only one of them is on/],
    [{ distillAlpha: 0.3 }, /there is none\. Give --teacher/],
    [{ optimizer: 'sgd', momentum: 0.5 }, /sgd has none\. .* --optimizer momentum/],
    [{ decayExclude: ['stem_*'], weightDecay: 0 }, /there is no weight decay/],
    [{ m: 1, ascentFraction: 0.25 }, /--ascent-fraction 0\.25 of 1 images is all of them/],
    [{ cooldownEpochs: 1 }, /cosine ends at 0\. Give --schedule-end/],
    [{ optimizer: 'nesterov', beta2: 0.9 }, /--beta2 is given, but nesterov has none/],
    [{ optimizer: 'sgd', epsilon: 1e-3 }, /--epsilon is given, but sgd has none/],
    [{ epochs: 2, warmupEpochs: 1, cooldownEpochs: 1.5, scheduleEnd: 0.1 }, /longer than the run \(2\)/],
    [{ ema: 0.99, swa: 2 }, /both say which average/],
    [{ epochs: 3, swa: 4 }, /last 4 epochs, but the run has 3/],
    [{ mixup: 0.2, epochs: 3, mixOffEpochs: 3 }, /leaves none of the 3 epochs/],
    [{ mixOffEpochs: 1 }, /nothing is mixed\. Give --mixup or --cutmix/],
    [{ unfreezeSchedule: ['2:all'] }, /nothing is frozen\. Give --freeze/],
    [
      { linearProbe: true, augment: ['flip'], mixup: 0.1 },
      /does not go with --augment, --mixup and --cutmix\./,
    ],
    [{ linearProbe: true, freeze: ['body'] }, /does not go with --freeze\./],
    [{ linearProbe: true, clipAdaptive: 0.01 }, /leaves the head out, and nothing else trains/],
    [{ freeze: ['body'], clipAdaptive: 0.01 }, /leaves the head out, and nothing else trains/],
    [{ epochs: 10, warmupEpochs: 20 }, /never comes to the full learning rate\. Shorten it/],
    [{ schedule: 'one-cycle', warmupEpochs: 5 }, /one-cycle warms up in its own way/],
    [{ optimizer: 'adam', weightDecay: 0, decayMode: 'decoupled' }, /--decay-mode is given, but there is no/],
    [{ weightDecay: 0, decayAll: true }, /--decay-all is given, but there is no weight decay/],
    [{ bn: 'frozen', bnMomentum: 0.5 }, /--bn frozen moves no statistics/],
    [{ syncPerturbation: true }, /of an update that is divided, but this one is not/],
    [{ mixMode: 'image' }, /--mix-mode, .* nothing is mixed/],
    [{ m: 1, mixup: 0.2 }, /images of one sub-batch, .* Take a larger --m/],
    [{ batchSize: 1, cutmix: 1 }, /images of one batch, .* Take a larger --batch-size/],
    [{ precision: 'mixed-bfloat16', lossScale: 128 }, /bfloat16 has the range of float32/],
  ])('%j', (given, message) => {
    expect(() => recipe(given)).toThrow(InputError);
    expect(() => recipe(given)).toThrow(message);
  });

  test.each<Partial<RecipeInput>>([
    // Without SAM its numbers wait for another day: a recipe file may hold them.
    { sam: 'none', samEta: 0.1, samAlpha: 0.3, rho: 0.2, ascentFraction: 0.25 },
    { sam: 'gsam', samAlpha: 0.3 },
    { schedule: 'step', scheduleDecay: 0.5 },
    { rhoSchedule: 'step', scheduleDecay: 0.5, scheduleEvery: 2 },
    { rhoSchedule: 'polynomial', schedulePower: 2, schedule: 'constant', scheduleEnd: 0.1 },
    { freeze: ['body'], unfreezeSchedule: ['2:all'], clipAdaptive: 0.01 },
    { schedule: 'one-cycle' },
    { schedule: 'one-cycle', warmupEpochs: 0 },
    { epochs: 2, warmupEpochs: 2 },
    { syncPerturbation: true, m: 8 },
    { syncPerturbation: true, accumulate: 2 },
    { linearProbe: true, augment: [] },
    { schedule: 'one-cycle', epochs: 1, warmupEpochs: 0.5, cooldownEpochs: 0.9, scheduleEnd: 0.1 },
    { optimizer: 'rmsprop', beta2: 0.9, epsilon: 1e-3 },
  ])('%j is accepted', (given) => {
    expect(() => recipe(given)).not.toThrow();
  });
});
