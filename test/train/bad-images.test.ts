import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type { Task } from '../../src/data/dataset.js';
import { imageFiles } from '../../src/data/images/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { type BadImagesEvent, fineTune, type TrainEvent } from '../../src/train/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { smallModel } from './small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const COUNT = 120;

const pictures = await Promise.all(
  ['blue', 'red'].map((background) =>
    sharp({ create: { width: 9, height: 9, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);

/** Two classes of small pictures; `bad` files hold a text. */
function taskWith(bad: readonly string[]): Task {
  const folder = temporaryFolder();
  const make = (split: string) => {
    const paths = Array.from({ length: COUNT }, (_, i) => join(folder, `${split}-${i}.png`));
    for (const [i, path] of paths.entries())
      writeFileSync(path, bad.includes(`${split}-${i}`) ? 'no image' : pictures[i % 2]!);
    return {
      length: COUNT,
      labels: Int32Array.from({ length: COUNT }, (_, i) => i % 2),
      source: { kind: 'encoded', images: imageFiles(paths) },
    } as const;
  };
  return {
    name: 'colours',
    classes: ['class 0', 'class 1'],
    train: make('train'),
    test: make('test'),
    fingerprint: 'colours',
  };
}

async function run(task: Task, recipe: object) {
  const events: TrainEvent[] = [];
  const result = await fineTune(
    smallModel({ classes: 2 }),
    task,
    { batchSize: 20, epochs: 2, ...recipe },
    { onEvent: (event) => events.push(event) },
  );
  await result.model.dispose();
  return {
    result,
    events,
    bad: events.filter((event): event is BadImagesEvent => event.event === 'bad-images'),
  };
}

describe.each<[string, object]>([
  ['cut out of', { augment: ['random-resized-crop'] }],
  ['kept whole', { augment: ['flip'] }],
  ['kept whole, in files', { augment: ['flip'], cache: 'FOLDER' }],
  ['seen once, by a linear probe', { linearProbe: true }],
])('images %s', (_, given) => {
  const recipe = () => ('cache' in given ? { ...given, cache: temporaryFolder() } : given);

  test('a bad one stops the run, by name', async () => {
    const task = taskWith(['train-7']);
    await expect(run(task, recipe())).rejects.toThrow(/Cannot read the image .*train-7\.png/);
  });

  test('skipped ones are counted, with reasons, and everything else is used', async () => {
    const task = taskWith(['train-7', 'test-9']);
    const { result, events, bad } = await run(task, { ...recipe(), onBadImage: 'skip' });
    expect(result.steps).toBe(12 - ('linearProbe' in given ? 2 : 0));
    expect(events.filter(({ event }) => event === 'evaluate')).toHaveLength(2);
    expect(bad).toHaveLength(1);
    expect(bad[0]!.train).toEqual([expect.stringMatching(/train-7\.png/)]);
    expect(bad[0]!.test).toEqual([expect.stringMatching(/test-9\.png/)]);
  });

  test('more than 1 % stop it after all', async () => {
    const task = taskWith(['train-7', 'train-8']);
    await expect(run(task, { ...recipe(), onBadImage: 'skip' })).rejects.toThrow(
      /^2 of 120 images cannot be read, more than 1 %/,
    );
  });
});

test('a folder for decoded images serves the next run', async () => {
  const task = taskWith([]);
  const cache = temporaryFolder();
  const first = await run(task, { augment: ['flip'], cache });
  expect(readdirSync(cache).filter((name) => name.endsWith('.rgb'))).toHaveLength(2);
  const second = await run(task, { augment: ['flip'], cache });
  const losses = ({ events }: typeof first) =>
    events.flatMap((event) => (event.event === 'step' ? [event.loss] : []));
  expect(losses(second)).toEqual(losses(first));
  const without = await run(task, { augment: ['flip'], cache: 'none' });
  expect(losses(without)).toEqual(losses(first));
});
