import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type { Dataset, Task } from '../../../src/data/dataset.js';
import { imageFiles } from '../../../src/data/images/index.js';
import { type NoisyTask, noiseRecord, withLabelNoise } from '../../../src/data/noise/index.js';
import { InputError } from '../../../src/errors.js';
import { evaluate, evaluateLogits } from '../../../src/evaluate/index.js';
import { buildForward } from '../../../src/model/index.js';
import type { RecipeInput } from '../../../src/recipe/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { type FineTuneOptions, fineTune, Interrupted, type TrainEvent } from '../../../src/train/index.js';
import { featuresOf, probeTask, splitAtHead } from '../../../src/train/probe/index.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';
import { checkpointOf } from '../digits-run.js';
import { differing } from '../run-steps.js';
import { arrayDataset, arrayTask, smallModel } from '../small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const folder = temporaryFolder();
let folders = 0;
const newFolder = () => join(folder.path, `cache${folders++}`);

const valuesOf = ({ source }: Dataset): Float32Array => {
  if (source.kind !== 'features') throw new Error('expected features');
  return source.values;
};

describe('featuresOf', () => {
  test('gives what the body does for each image, in the order of the data set, whatever the batches', async () => {
    const { body } = splitAtHead(smallModel({ seed: 3 }));
    const dataset = arrayDataset(7);
    const progress: number[] = [];
    try {
      const { dataset: found, rows } = await featuresOf(body, dataset, {
        batchSize: 3,
        onProgress: (done, total) => progress.push(done / total),
      });
      expect(found.labels).toEqual(dataset.labels);
      expect([...rows]).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(found.source).toMatchObject({ kind: 'features', height: 1, width: 1, channels: 6 });
      if (dataset.source.kind !== 'array') throw new Error('expected an array');
      const { data } = await body.logits({ data: dataset.source.pixels, shape: [7, 8, 8, 3] });
      const values = valuesOf(found);
      expect(values).toHaveLength(42);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(data[i]!, 5);
      expect(progress).toEqual([3 / 7, 6 / 7, 1]);
      await expect(featuresOf(body, found)).rejects.toThrow(InputError);
    } finally {
      await body.dispose();
    }
  });

  test('of no images is nothing, and a signal ends it', async () => {
    const { body } = splitAtHead(smallModel());
    try {
      const { dataset: none } = await featuresOf(body, arrayDataset(0));
      expect([none.length, valuesOf(none).length]).toEqual([0, 0]);
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(featuresOf(body, arrayDataset(5), { signal })).rejects.toThrow('enough');
    } finally {
      await body.dispose();
    }
  });
});

describe('probeTask', () => {
  test('computes all features once; evaluated on them, the head is as good as the model', async () => {
    const model = smallModel({ seed: 4 });
    const task = arrayTask(30);
    const probe = await probeTask(model, task);
    expect(probe.images).toBe(task.train.length + task.test.length);
    expect(probe.seconds).toBeGreaterThan(0);
    expect(probe.task.classes).toEqual(task.classes);
    expect(probe.task.fingerprint).not.toBe(task.fingerprint);
    try {
      const whole = await evaluateLogits((images) => model.run(images), task.test, { imageSize: 8 });
      const head = await evaluateLogits((images) => probe.model.run(images), probe.task.test, {
        imageSize: 1,
      });
      expect(head.top1).toBe(whole.top1);
      expect(head.loss).toBeCloseTo(whole.loss, 5);
    } finally {
      await model.dispose();
      await probe.model.dispose();
    }
  });

  test('the head trains on them as a model of its own, with SAM, and comes back to the body', async () => {
    const task = arrayTask(48);
    const model = smallModel({ seed: 1, dropout: 0.1 });
    const recipe = { augment: [], batchSize: 8, epochs: 4, learningRate: 0.5, workers: 1 };
    const heard: TrainEvent[] = [];
    const { model: best, top1 } = await fineTune(
      model,
      task,
      { ...recipe, linearProbe: true },
      { onEvent: (event) => heard.push(event) },
    );
    expect(top1).toBeGreaterThan(0.8);
    expect(heard[0]).toMatchObject({ event: 'features', images: 60 });
    expect(best.topology).toEqual(model.topology);
    // Every weight is there, also those of the body that were drawn.
    const { weights } = buildForward(model.topology, { training: false });
    expect([...best.weights.keys()].toSorted()).toEqual(weights.map(({ name }) => name).toSorted());
    try {
      const { top1: again } = await evaluate(best.with({ labels: task.classes }, { seed: 99 }), task);
      expect(again).toBe(top1);
    } finally {
      await best.dispose();
    }
  });

  test('its task is another one for another body, and the same for another head', async () => {
    const task = arrayTask(6);
    const of = async (model: ReturnType<typeof smallModel>) =>
      (await probeTask(model, task)).task.fingerprint;
    const first = await of(smallModel({ seed: 1 }));
    expect(await of(smallModel({ seed: 1 }))).toBe(first);
    expect(await of(smallModel({ seed: 2 }))).not.toBe(first);
    const bias = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) } as const;
    expect(await of(smallModel({ seed: 1, weights: new Map([['predictions/bias', bias]]) }))).toBe(first);
  });

  test('takes features from its cache for the same network and images alone', async () => {
    const cache = newFolder();
    const task = arrayTask(12, { test: 6 });
    const model = smallModel({ seed: 5 });
    const first = await probeTask(model, task, { cache });
    const second = await probeTask(model, task, { cache });
    expect([first.images, second.images]).toEqual([18, 0]);
    expect(valuesOf(second.task.train)).toEqual(valuesOf(first.task.train));
    expect(second.task.test.labels).toEqual(task.test.labels);
    const files = readdirSync(cache);
    expect(files).toHaveLength(2);
    expect(files.every((file) => file.endsWith('.f32'))).toBe(true);

    expect((await probeTask(smallModel({ seed: 6 }), task, { cache })).images).toBe(18);
    const relabelled = { ...task, train: { ...task.train, labels: task.train.labels.toReversed() } };
    expect((await probeTask(model, relabelled, { cache })).images).toBe(0);
    const other = { ...task, train: arrayDataset(12, { seed: 9 }) };
    expect((await probeTask(model, other, { cache })).images).toBe(12);
  });

  test('a file of the cache that was cut off is computed anew', async () => {
    const cache = newFolder();
    const task = arrayTask(12, { test: 6 });
    const model = smallModel({ seed: 5 });
    const first = await probeTask(model, task, { cache });
    for (const file of readdirSync(cache)) truncateSync(join(cache, file), 24);
    const second = await probeTask(model, task, { cache });
    expect(second.images).toBe(18);
    expect(valuesOf(second.task.train)).toEqual(valuesOf(first.task.train));
  });

  test('image files are decoded at the size of the network, and a changed file counts as another', async () => {
    const cache = newFolder();
    const path = join(folder.path, 'image.png');
    const write = async (level: number) => {
      const channels = {
        width: 20,
        height: 16,
        channels: 3,
        background: { r: level, g: 90, b: 30 },
      } as const;
      writeFileSync(path, await sharp({ create: channels }).png().toBuffer());
    };
    const files = (): Dataset => ({
      length: 1,
      labels: Int32Array.of(0),
      source: { kind: 'encoded', images: imageFiles([path]) },
    });
    const task = { ...arrayTask(3), test: files() };
    const model = smallModel({ seed: 5 });
    await write(200);
    const first = await probeTask(model, task, { cache });
    expect((await probeTask(model, task, { cache })).images).toBe(0);
    await write(20);
    const second = await probeTask(model, task, { cache });
    expect(second.images).toBe(1);
    expect(valuesOf(second.task.test)).not.toEqual(valuesOf(first.task.test));
  });
});

test('a probe that is stopped while features are computed says so, and that nothing is kept', async () => {
  const model = smallModel();
  const stopped = fineTune(
    model,
    arrayTask(24),
    { linearProbe: true, batchSize: 8 },
    { signal: AbortSignal.abort() },
  );
  await expect(stopped).rejects.toThrow(Interrupted);
  await expect(stopped).rejects.toThrow('Start it again with the same options.');
});

describe('a run of a linear probe', () => {
  const recipe = { linearProbe: true, batchSize: 8, epochs: 2, learningRate: 0.1 } as const;
  const model = smallModel({ seed: 2 });

  async function run(task: Task, given: Partial<RecipeInput>, options: FineTuneOptions) {
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => events.push(event);
    const { model: best } = await fineTune(model, task, { ...recipe, ...given }, { ...options, onEvent });
    await best.dispose();
    const features = events.find((event) => event.event === 'features');
    return { computed: features!.images, events };
  }

  test('keeps its features in its folder: stopped midway and resumed, it does not compute them again', async () => {
    const task = arrayTask(24);
    const straight = newFolder();
    expect((await run(task, {}, { out: straight })).computed).toBe(36);
    expect(readdirSync(join(straight, 'features'))).toHaveLength(2);

    const out = newFolder();
    const controller = new AbortController();
    const stopped = fineTune(
      model,
      task,
      { ...recipe },
      {
        out,
        signal: controller.signal,
        onEvent: ({ event, step }) => {
          if (event === 'step' && step === 4) controller.abort();
        },
      },
    );
    await expect(stopped).rejects.toThrow('Stopped after step 4. Go on with --resume');
    expect((await run(task, {}, { out, resume: true })).computed).toBe(0);
    const [found, expected] = [out, straight].map((each) => checkpointOf(each));
    expect(found!.progress.step).toBe(6);
    expect(differing(found!.state.weights, expected!.state.weights)).toEqual([]);
  });

  test('that was stopped before its first step begins again in the same folder', async () => {
    const task = arrayTask(24);
    const out = newFolder();
    const signal = AbortSignal.abort();
    await expect(fineTune(model, task, { ...recipe }, { out, signal })).rejects.toThrow(Interrupted);
    expect((await run(task, {}, { out })).computed).toBe(36);
  });

  test('begins in a folder that holds features alone, and in no other', async () => {
    const task = arrayTask(24);
    const out = newFolder();
    await probeTask(model, task, { cache: join(out, 'features') });
    expect((await run(task, {}, { out })).computed).toBe(0);
    await expect(run(task, {}, { out })).rejects.toThrow(/holds another run/);
    const other = newFolder();
    await probeTask(model, task, { cache: join(other, 'features') });
    await expect(run(task, { linearProbe: false }, { out: other })).rejects.toThrow(/holds files \(features/);
  });

  test('keeps them in the folder of --cache for other runs, and nowhere with none and memory', async () => {
    const task = arrayTask(24);
    const cache = newFolder();
    expect((await run(task, { cache }, { out: newFolder() })).computed).toBe(36);
    const out = newFolder();
    expect((await run(task, { cache, learningRate: 0.2 }, { out })).computed).toBe(0);
    for (const none of ['none', 'memory']) {
      const other = newFolder();
      expect((await run(task, { cache: none }, { out: other })).computed).toBe(36);
      expect(existsSync(join(other, 'features'))).toBe(false);
    }
    expect(existsSync(join(out, 'features'))).toBe(false);
  });

  test('says which folder it cannot keep them in, before it computes them', async () => {
    const file = newFolder();
    writeFileSync(file, 'no folder');
    await expect(run(arrayTask(24), { cache: file }, {})).rejects.toThrow(`Nothing can be kept in ${file}: `);
    await expect(run(arrayTask(24), { cache: file }, {})).rejects.toThrow(InputError);
  });

  test('with label noise and an image that cannot be read, counts each image by its own label', async () => {
    const clean = await pictures(120, { bad: 5 });
    const task = withLabelNoise(clean, 'symmetric:0.5', 3);
    const probe = await probeTask(model, task, { skipBadImages: true });
    expect(probe.skipped.train).toHaveLength(1);
    const { train, noise } = probe.task as NoisyTask;
    expect(train.length).toBe(119);
    const others = Array.from({ length: 120 }, (_, row) => row).filter((row) => row !== 5);
    expect([...noise.original]).toEqual(others.map((row) => task.noise.original[row]));
    expect([...train.labels]).toEqual(others.map((row) => task.train.labels[row]));
    expect([...noise.changed]).toEqual(
      [...others.keys()].filter((i) => train.labels[i] !== noise.original[i]),
    );

    const out = newFolder();
    await run(task, { onBadImage: 'skip' }, { out });
    // The record is of the images as they were given, with their files.
    const record = JSON.parse(readFileSync(join(out, 'label-noise.json'), 'utf8'));
    expect(record).toEqual(JSON.parse(JSON.stringify(noiseRecord(task))));
    expect(record.changed[0].file).toMatch(/\.png$/);
  });
});

/** Files of three classes, of which one may be no image. */
async function pictures(count: number, { bad = -1 } = {}): Promise<Task> {
  const own = newFolder();
  mkdirSync(own);
  const colours = ['blue', 'red', 'green'];
  const paths = Array.from({ length: count }, (_, i) => join(own, `${i}.png`));
  for (const [i, path] of paths.entries()) {
    const background = colours[i % 3]!;
    const create = { width: 9, height: 9, channels: 3, background } as const;
    writeFileSync(path, i === bad ? 'no image' : await sharp({ create }).png().toBuffer());
  }
  const labels = Int32Array.from(paths.keys(), (i) => i % 3);
  const train: Dataset = { length: count, labels, source: { kind: 'encoded', images: imageFiles(paths) } };
  return { ...arrayTask(3), train };
}
