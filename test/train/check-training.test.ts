import { afterEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { defineTraining, type RecipeInput } from '../../src/recipe/recipe.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { checkTraining, fineTune } from '../../src/train/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { arrayTask, smallModel } from './small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const folder = temporaryFolder();
const task = arrayTask(24);
const check = (given: Partial<RecipeInput>) =>
  checkTraining(smallModel(), task, defineTraining({ batchSize: 8, ...given }));

describe('what a run would refuse is refused without training', () => {
  test.each<[Partial<RecipeInput>, RegExp]>([
    [{ samLayers: ['dwcomv'] }, /Unknown layer for --sam-layers 'dwcomv'\. Did you mean 'dwconv'\?/],
    [{ sam: 'wsam', samAlpha: 2 }, /--sam-alpha, received 2/],
    [
      { decayExclude: ['stem_comv'] },
      /Unknown layer for --decay-exclude 'stem_comv'\. Did you mean 'stem_conv'\?/,
    ],
    [{ bodyRate: 0, headRate: 0 }, /No weight has a learning rate above 0/],
    [{ linearProbe: true, classWeights: ['1', '2'] }, /--class-weights, received '1,2'/],
    [{ linearProbe: true, m: 5 }, /a divisor of the batch size 8 for --m/],
  ])('%j', async (given, message) => {
    await expect(check(given)).rejects.toThrow(message);
    await expect(check(given)).rejects.toThrow(InputError);
  });

  test.each<Partial<RecipeInput>>([{}, { linearProbe: true, augment: [] }, { decayExclude: ['stem_*'] }])(
    '%j is fine',
    async (given) => {
      await check(given);
    },
  );
});

test('a run goes on with the teacher that it started with, and no other', async () => {
  const out = `${folder.path}/taught`;
  const recipe: Partial<RecipeInput> = { batchSize: 8, epochs: 2, augment: [], teacher: 'a run' };
  const controller = new AbortController();
  const stopped = fineTune(smallModel(), task, recipe, {
    out,
    teacher: smallModel({ seed: 3 }),
    signal: controller.signal,
    onEvent: ({ event }) => event === 'epoch' && controller.abort(),
  });
  await expect(stopped).rejects.toThrow(/Stopped after step/);
  const resume = (seed: number) =>
    fineTune(
      smallModel(),
      task,
      { ...recipe, teacher: 'the same, elsewhere' },
      { out, resume: true, teacher: smallModel({ seed }) },
    );
  await expect(resume(4)).rejects.toThrow(InputError);
  const { model, steps } = await resume(3);
  await model.dispose();
  expect(steps).toBe(6);
});
