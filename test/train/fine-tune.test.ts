import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/errors.js';
import { evaluate } from '../../src/evaluate/index.js';
import type { RecipeInput } from '../../src/recipe/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { fineTune, Program, type TrainEvent } from '../../src/train/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { eventsOf, newModel, recipe, stepsOf, task } from './digits-run.js';
import { arrayTask, smallModel } from './small-network.js';

const folder = temporaryFolder();
let runs = 0;
const newFolder = () => join(folder.path, `run${runs++}`);

afterEach(() => expect(Tensor.liveCount).toBe(0));

describe('what a run reports', () => {
  const learnable = arrayTask(48);
  const short: Partial<RecipeInput> = {
    ...recipe,
    augment: [],
    batchSize: 8,
    epochs: 4,
    learningRate: 0.2,
    clipNorm: 0,
  };
  const modelFor = () => Object.assign(smallModel({ seed: 1 }), { labels: learnable.classes });

  test('steps, epochs and evaluations in order; the best weights are the result', async () => {
    const out = newFolder();
    const heard: TrainEvent[] = [];
    const { model, top1, epoch, steps } = await fineTune(modelFor(), learnable, short, {
      out,
      onEvent: (event) => heard.push(structuredClone(event)),
      config: { note: 'kept' },
    });
    expect(eventsOf(out)).toEqual(JSON.parse(JSON.stringify(heard)));
    const oneEpoch = [...Array(6).fill('step'), 'epoch', 'evaluate'];
    expect(heard.map(({ event }) => event)).toEqual([...oneEpoch, ...oneEpoch, ...oneEpoch, ...oneEpoch]);
    expect(steps).toBe(24);

    for (const event of heard) {
      if (event.event === 'step') {
        expect(event.perturbedLoss).toBeGreaterThan(event.loss);
        expect(event.gradNorm).toBeGreaterThan(0);
        expect(event.imagesPerSecond).toBeGreaterThan(0);
      }
      if (event.event === 'epoch') {
        const own = stepsOf(heard).filter((step) => step.epoch === event.epoch);
        expect(event.loss).toBeCloseTo(own.reduce((sum, { loss }) => sum + loss, 0) / 6, 6);
      }
    }
    const evaluations = heard.filter((event) => event.event === 'evaluate');
    const best = Math.max(...evaluations.map((event) => event.top1));
    expect(best).toBeGreaterThan(0.5);
    expect(top1).toBe(best);
    expect(epoch).toBe(evaluations.findLast((event) => event.top1 === best)!.epoch);
    expect((await evaluate(model, learnable)).top1).toBeCloseTo(top1, 10);
    await model.dispose();

    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      note: 'kept',
      fingerprint: learnable.fingerprint,
      recipe: { rho: 0.05, epochs: 4, replicas: 1 },
    });
    const written = JSON.parse(readFileSync(join(out, 'model', 'model.json'), 'utf8'));
    expect(JSON.stringify(written.userDefinedMetadata)).toContain('brightness');
  });

  test('means over the classes, which can decide what is kept', async () => {
    const heard: TrainEvent[] = [];
    // Two images of the last class beside all of the others.
    const rows = [...learnable.test.labels.keys()].filter((i) => learnable.test.labels[i]! < 2 || i < 6);
    const { source } = learnable.test;
    if (source.kind !== 'array') throw new Error('expected an array');
    const pixels = Uint8Array.from(rows.flatMap((i) => [...source.pixels.subarray(192 * i, 192 * (i + 1))]));
    const labels = Int32Array.from(rows, (i) => learnable.test.labels[i]!);
    const test = { length: rows.length, labels, source: { ...source, pixels } };
    const { model, epoch } = await fineTune(
      modelFor(),
      { ...learnable, test },
      { ...short, epochs: 6, bestMetric: 'macro-f1' },
      { onEvent: (event) => heard.push(event) },
    );
    const evaluations = heard.filter((event) => event.event === 'evaluate');
    const best = evaluations.findLast(
      ({ macroF1 }) => macroF1 === Math.max(...evaluations.map((event) => event.macroF1)),
    )!;
    expect(epoch).toBe(best.epoch);
    const { macro } = await evaluate(model, { ...learnable, test });
    await model.dispose();
    expect([best.macroPrecision, best.macroRecall, best.macroF1]).toEqual([
      macro.precision,
      macro.recall,
      macro.f1,
    ]);
  });

  test('the best weights are kept where later ones are worse', async () => {
    const out = newFolder();
    // What is learned is wrong here: each class is called as the next one.
    const labels = learnable.test.labels.map((label) => (label + 1) % 3);
    const misleading = { ...learnable, test: { ...learnable.test, labels } };
    const tops: number[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.event === 'evaluate') tops.push(event.top1);
    };
    const slow = { ...short, learningRate: 0.003 };
    const { model, top1, epoch } = await fineTune(modelFor(), misleading, slow, { out, onEvent });
    const best = Math.max(...tops);
    expect(tops.at(-1)).toBeLessThan(best);
    expect([top1, epoch]).toEqual([best, tops.lastIndexOf(best) + 1]);
    const written = await importBase(out);
    for (const each of [model, written]) {
      expect((await evaluate(each, misleading)).top1).toBeCloseTo(best, 10);
      await each.dispose();
    }
  });

  test('the learning rate follows schedule and warm-up', async () => {
    const events: TrainEvent[] = [];
    const linear: Partial<RecipeInput> = {
      ...short,
      epochs: 2,
      schedule: 'linear',
      warmupEpochs: 0.5,
      learningRate: 0.08,
    };
    await fineTune(modelFor(), learnable, linear, { onEvent: (event) => events.push(event) });
    const rates = stepsOf(events).map(({ learningRate }) => learningRate / 0.08);
    const expected = [1 / 4, 2 / 4, 3 / 4, ...Array.from({ length: 9 }, (_, i) => 1 - i / 9)];
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(expected[i]!, 10);
    });
    expect(rates).toHaveLength(12);
  });

  test('augmentation left open is what suits the task', async () => {
    const create = vi.spyOn(Program, 'create');
    const used = async (part: Partial<RecipeInput>, mirrors?: boolean) => {
      await fineTune(modelFor(), { ...learnable, mirrors }, { ...short, epochs: 1, ...part });
      return create.mock.lastCall![1].augmentations;
    };
    expect(await used({ augment: undefined })).toEqual(['flip', 'crop']);
    expect(await used({ augment: undefined }, false)).toEqual(['crop']);
    expect(await used({ augment: ['flip'] }, false)).toEqual(['flip']);
    expect(await used({ augment: 'none' } as object)).toEqual([]);
    create.mockRestore();
  });

  test.each<[string, Partial<RecipeInput>]>([
    ['rho 0', { sam: 'sam', rho: 0 }],
    ['sam none', { sam: 'none', rho: 0.05 }],
  ])('with %s steps have one pass', async (_name, without) => {
    const losses = async (part: Partial<RecipeInput>) => {
      const events: TrainEvent[] = [];
      await fineTune(
        modelFor(),
        learnable,
        { ...short, ...part, epochs: 1 },
        { onEvent: (event) => events.push(event) },
      );
      for (const step of stepsOf(events)) expect(step).not.toHaveProperty('perturbedLoss');
      return stepsOf(events).map(({ loss }) => loss);
    };
    expect(await losses(without)).toEqual(await losses({ sam: 'none', rho: 0 }));
  });

  test('a loss that is no number ends the run, with the way out', async () => {
    const out = newFolder();
    const run = fineTune(modelFor(), learnable, { ...short, learningRate: 1e30 }, { out });
    await expect(run).rejects.toThrow(
      /The loss is NaN at step 2\. .*layer '\w+'.* smaller --learning-rate \(now .*\), or a --clip-norm/,
    );
    // Nothing of that step was written: the checkpoint is from before it.
    const { state, progress } = readCheckpoint(join(out, 'checkpoints', 'last.safetensors'));
    expect(progress).toMatchObject({ step: 2, updates: 1, skipped: 1 });
    for (const { data } of state.weights.values()) {
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  test('without a folder nothing is written, and stopping says only where', async () => {
    const controller = new AbortController();
    controller.abort();
    const run = fineTune(modelFor(), learnable, short, { signal: controller.signal });
    await expect(run).rejects.toThrow(/^Stopped after step 1\.$/);
  });
});

describe('refused before anything is trained', () => {
  const refused = async (attempt: Promise<unknown>, message: string | RegExp) => {
    const error: unknown = await attempt.catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  };

  test('a batch larger than the data', () =>
    refused(
      fineTune(newModel(), task, { ...recipe, batchSize: 201 }),
      'Expected at most 200, the number of training images for --batch-size, received 201. Take a smaller batch.',
    ));

  test('a model with other classes', () =>
    refused(fineTune(smallModel(), task, recipe), /The model's classes are 3 \(class 0, .*'digits' are 10/));

  test('an unknown option, with the nearest', () =>
    refused(
      fineTune(newModel(), task, { ...recipe, learnRate: 1 } as Partial<RecipeInput>),
      /'learnRate'. Did you mean 'learningRate'/,
    ));

  test('a folder that holds another run, or other files, or is none', async () => {
    const out = newFolder();
    await fineTune(newModel(), task, { ...recipe, epochs: 1 }, { out });
    await refused(
      fineTune(newModel(), task, recipe, { out }),
      `The folder ${out} holds another run. Name another with --out`,
    );
    const file = folder.write('file', 'text');
    await refused(fineTune(newModel(), task, recipe, { out: folder.path }), /holds files \(.*--out/);
    await refused(
      fineTune(newModel(), task, recipe, { out: file }),
      `${file}: it is no folder. Name another with --out.`,
    );
  });

  test('resuming without a folder, without a run, or without a checkpoint', async () => {
    await refused(
      fineTune(newModel(), task, recipe, { resume: true }),
      /needs the folder of the run \(--out\)/,
    );
    const out = newFolder();
    await refused(fineTune(newModel(), task, recipe, { out, resume: true }), `no run in ${out} to resume`);
    const controller = new AbortController();
    const onEvent = () => {
      throw new Error('stopped by hand');
    };
    await expect(
      fineTune(newModel(), task, recipe, { out, onEvent, signal: controller.signal }),
    ).rejects.toThrow('stopped by hand');
    await refused(
      fineTune(newModel(), task, recipe, { out, resume: true }),
      /no checkpoint at .*last\.safetensors.*Leave out --resume/,
    );
  });
});
