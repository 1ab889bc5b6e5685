import { afterEach, describe, expect, test } from 'vitest';
import { AUGMENTATIONS } from '../../src/augment/index.js';
import { LABEL_NOISES, withLabelNoise } from '../../src/data/noise/index.js';
import { LOSSES } from '../../src/loss/index.js';
import type { Model } from '../../src/model/index.js';
import { OPTIMIZERS, SCHEDULES } from '../../src/optimize/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { METHODS } from '../../src/sam/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { fineTune, type TrainEvent } from '../../src/train/index.js';
import { arrayTask, smallModel } from './small-network.js';

const task = arrayTask(24);
const model = smallModel({ dropout: 0.2, dropConnect: 0.2 });

/** Three steps an epoch, two epochs. */
const short: Partial<RecipeInput> = { batchSize: 8, epochs: 2, augment: [], learningRate: 0.01 };

afterEach(() => expect(Tensor.liveCount).toBe(0));

/** A whole run, with every step applied and weights that have moved. */
async function runs(given: Partial<RecipeInput>, { on = task } = {}) {
  const events: TrainEvent[] = [];
  const result = await fineTune(
    model,
    on,
    { ...short, ...given },
    { onEvent: (event) => events.push(event) },
  );
  const steps = events.filter((event) => event.event === 'step');
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    expect(step.skipped).toBeUndefined();
    expect(step.loss).toBeGreaterThan(0);
    expect(step.gradNorm).toBeGreaterThan(0);
  }
  expect(result.top1).toBeGreaterThanOrEqual(0);
  await result.model.dispose();
  return { events, steps, result };
}

const namesOf = (table: object) => Object.keys(table);

describe('a run with every row of every table', () => {
  test.each(namesOf(METHODS))('--sam %s', async (sam) => {
    const { steps } = await runs({ sam: sam as RecipeInput['sam'] });
    expect(steps[0]!.perturbedLoss).toBeGreaterThan(0);
    expect(steps[0]!.ascentNorm).toBeGreaterThan(0);
    expect(steps[0]!.rho).toBe({ asam: 0.5, 'norm-only': 0.5 }[sam] ?? 0.05);
    // LookSAM ascends in the first step and reuses the direction in the next.
    expect(steps[1]!.perturbedLoss === undefined).toBe(sam === 'looksam');
  });

  test.each(namesOf(OPTIMIZERS))('--optimizer %s', async (optimizer) => {
    await runs({ optimizer: optimizer as RecipeInput['optimizer'] });
  });

  test.each(namesOf(SCHEDULES))('--schedule %s, and --rho-schedule', async (schedule) => {
    const name = schedule as RecipeInput['schedule'];
    const { steps } = await runs({ schedule: name, rhoSchedule: name });
    expect(Math.max(...steps.map(({ learningRate }) => learningRate))).toBeLessThanOrEqual(0.01);
  });

  test.each(namesOf(LOSSES))('--loss %s', async (loss) => {
    await runs({ loss, classWeights: 'balanced' as unknown as string[] });
  });

  test.each(namesOf(AUGMENTATIONS))('--augment %s', async (name) => {
    await runs({ augment: [name] });
  });

  test.each(namesOf(LABEL_NOISES))('label noise %s', async (kind) => {
    const noisy = withLabelNoise(task, `${kind}:0.5`, 1);
    const { events } = await runs({}, { on: noisy });
    const epoch = events.find((event) => event.event === 'epoch')!;
    expect(epoch).toMatchObject({ noise: { cleanTop1: expect.any(Number), noisyTop1: expect.any(Number) } });
  });
});

describe('a run with what is no row of a table', () => {
  test.each<[string, Partial<RecipeInput>]>([
    ['mixup', { mixup: 0.4 }],
    ['CutMix', { cutmix: 1 }],
    [
      'both, an image each, off in the last epoch',
      { mixup: 0.4, cutmix: 1, mixMode: 'image', mixOffEpochs: 1 },
    ],
    ['m-sharpness', { m: 4 }],
    ['accumulation', { accumulate: 3 }],
    ['one perturbation over accumulated batches', { accumulate: 3, syncPerturbation: true }],
    ['a moving average', { ema: 0.9 }],
    ['stochastic weight averaging', { swa: 1 }],
    ['frozen batch normalization', { bn: 'frozen' }],
    ['re-estimated batch normalization', { bn: 're-estimate' }],
    ['adaptive clipping', { clipAdaptive: 0.01 }],
    ['layer-wise decay of the rate', { layerDecay: 0.8, headRate: 5 }],
    ['a frozen body', { freeze: ['body'] }],
    ['gradual unfreezing', { freeze: ['body'], unfreezeSchedule: ['2:all'] }],
    ['a linear probe', { linearProbe: true }],
    ['a loss scale', { lossScale: 1024 }],
    ['a dynamic loss scale', { lossScale: 'dynamic' }],
    ['sparse perturbation', { samSparsity: 0.5 }],
    ['perturbation of one layer', { samLayers: ['dwconv'] }],
    [
      'perturbation of norms by two patterns, of which one matches none of them',
      { sam: 'norm-only', samLayers: ['stem_*', 'predictions'] },
    ],
    ['ascent from a quarter of the batch', { ascentFraction: 0.25 }],
    ['decay masks', { decayExclude: ['stem_*'], weightDecay: 0.1 }],
    ['recomputation', { recompute: true }],
    ['bfloat16', { precision: 'mixed-bfloat16' }],
    ['linear scaling of the rate', { learningRateBase: 256 }],
  ])('%s', async (_, given) => {
    await runs(given);
  });

  test('a teacher', async () => {
    const teacher = smallModel({ seed: 3 });
    const lossesOf = async (given: Partial<RecipeInput>, options: { teacher?: Model } = {}) => {
      const losses: number[] = [];
      const onEvent = (event: TrainEvent) => {
        if (event.event === 'step') losses.push(event.loss);
      };
      const { model: student } = await fineTune(model, task, { ...short, ...given }, { ...options, onEvent });
      await student.dispose();
      return losses;
    };
    const alone = await lossesOf({});
    const taught = await lossesOf({ teacher: 'a run' }, { teacher });
    const unheard = await lossesOf({ teacher: 'a run', distillAlpha: 0 }, { teacher });
    await teacher.dispose();
    expect(alone).toHaveLength(6);
    for (const [i, loss] of alone.entries()) {
      expect(unheard[i]).toBeCloseTo(loss, 6);
      expect(Math.abs(taught[i]! - loss)).toBeGreaterThan(1e-3);
    }
  });
});

test('early stopping ends a run that no longer improves', async () => {
  const { events, result } = await runs({ epochs: 30, patience: 2, learningRate: 1e-9 });
  const last = events.at(-1)!;
  expect(last).toMatchObject({ event: 'stopped', patience: 2, epoch: 3 });
  expect(result.steps).toBe(9);
});

test('a frozen body does not move, and what thaws does', async () => {
  const frozen = await runs({ freeze: ['body'], epochs: 1 });
  const still = await runs({ freeze: ['body'], epochs: 1, learningRate: 0.02 });
  const thawed = await runs({ freeze: ['body'], unfreezeSchedule: ['2:all'], bestMetric: 'last' });
  const kernel = (of: typeof frozen, name: string) =>
    Array.from(of.result.model.weights.get(name)!.data as Float32Array);
  expect(kernel(frozen, 'stem_conv/kernel')).toEqual(kernel(still, 'stem_conv/kernel'));
  expect(kernel(frozen, 'stem_bn/moving_mean')).toEqual(kernel(still, 'stem_bn/moving_mean'));
  expect(kernel(frozen, 'predictions/kernel')).not.toEqual(kernel(still, 'predictions/kernel'));
  expect(kernel(thawed, 'stem_conv/kernel')).not.toEqual(kernel(frozen, 'stem_conv/kernel'));
});
