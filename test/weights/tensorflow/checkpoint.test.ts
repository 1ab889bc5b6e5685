import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import type { WeightMap } from '../../../src/model/weights.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { isCheckpoint, readCheckpoint } from '../../../src/weights/tensorflow/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { weightsOf, writeCheckpoint } from './checkpoint-writer.js';

const END = '/.ATTRIBUTES/VARIABLE_VALUE';
const folder = temporaryFolder();

const inFolder = (name: string): string => {
  const path = join(folder.path, name);
  mkdirSync(path, { recursive: true });
  return path;
};

describe('a checkpoint of TensorFlow 1', () => {
  const prefix = (): string => join(folder.path, 'named', 'model.ckpt-12');
  const weights: WeightMap = new Map([
    ...weightsOf({
      'net/conv/kernel': [3, 3, 2, 4],
      'net/conv/kernel/ExponentialMovingAverage': [3, 3, 2, 4],
      'net/conv/kernel/Momentum': [3, 3, 2, 4],
      'net/scale': [],
    }),
    ['net/empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) }],
    ['global_step', { dtype: 'int64', shape: [], data: BigInt64Array.of(12n) }],
    ['net/half', { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
    ['net/ids', { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 7) }],
  ]);

  beforeAll(async () => {
    inFolder('named');
    await writeCheckpoint(prefix(), weights);
  });

  test('gives every weight as it was saved', async () => {
    const live = Tensor.liveCount;
    const { tensors } = await readCheckpoint(prefix());
    const kept = [...weights].filter(([name]) => !/Momentum|global_step/.test(name));
    expect(tensors).toEqual(new Map(kept.sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(Tensor.liveCount).toBe(live);
  });

  test('leaves out what only training needs, and says so', async () => {
    const { metadata } = await readCheckpoint(prefix());
    expect(metadata.notRead).toEqual(['global_step', 'net/conv/kernel/Momentum']);
  });

  test('is found by its prefix, its index, its values, and its folder', async () => {
    for (const path of [
      prefix(),
      `${prefix()}.index`,
      `${prefix()}.data-00000-of-00001`,
      join(folder.path, 'named'),
    ]) {
      expect(isCheckpoint(path), path).toBe(true);
      expect((await readCheckpoint(path)).tensors.size, path).toBe(6);
    }
  });

  test('is not seen where there is none', () => {
    expect(isCheckpoint(join(folder.path, 'nothing'))).toBe(false);
    expect(isCheckpoint(inFolder('empty'))).toBe(false);
    expect(isCheckpoint(folder.write('other.index', 'page,term\n'))).toBe(false);
  });

  test('is read whole where TensorFlow stored it in parts', async () => {
    const path = join(inFolder('parts'), 'model');
    const [rows] = [...weightsOf({ all: [4, 3] }).values()].map(({ data }) => data as Float32Array);
    const half = (start: number) =>
      ({ dtype: 'float32', shape: [2, 3], data: rows!.slice(start * 3, start * 3 + 6) }) as const;
    await writeCheckpoint(
      path,
      new Map([
        ['net/rows#0', half(0)],
        ['net/rows#1', half(2)],
      ]),
      {
        slices: { 'net/rows#0': '4 3 0,2:-', 'net/rows#1': '4 3 2,2:-' },
      },
    );
    const { tensors } = await readCheckpoint(path);
    expect([...tensors]).toEqual([['net/rows', { dtype: 'float32', shape: [4, 3], data: rows }]]);
  });
});

describe('a checkpoint of TensorFlow 2', () => {
  const names = {
    [`layer_with_weights-0/kernel${END}`]: 'stem_conv/kernel',
    [`layer_with_weights-1/gamma${END}`]: 'stem_bn/gamma',
    [`optimizer/_variables/1${END}`]: 'adam/stem_conv_kernel_momentum',
    [`save_counter${END}`]: 'save_counter',
    [`seeds/0${END}`]: 'seed_generator/seed_generator_state',
    [`v/0${END}`]: 'Variable',
    [`v/1${END}`]: 'Variable',
    [`all/0${END}`]: 'stem_bn/gamma',
  };
  const shapes = Object.fromEntries(Object.keys(names).map((key) => [key, [2, 2]]));
  const weights = weightsOf(shapes);
  weights.set(`all/0${END}`, weights.get(`layer_with_weights-1/gamma${END}`)!);

  beforeAll(async () => {
    await writeCheckpoint(join(inFolder('objects'), 'ckpt-3'), weights, { names });
    await writeCheckpoint(join(inFolder('objects'), 'ckpt-4'), weightsOf({ [`v/0${END}`]: [1] }));
  });

  test('gives weights the names of their variables', async () => {
    const { tensors } = await readCheckpoint(join(folder.path, 'objects', 'ckpt-3'));
    expect([...tensors.keys()].sort()).toEqual(['Variable', 'stem_bn/gamma', 'stem_conv/kernel', 'v/1']);
    expect(tensors.get('stem_conv/kernel')).toEqual(weights.get(`layer_with_weights-0/kernel${END}`));
    expect(tensors.get('v/1')).toEqual(weights.get(`v/1${END}`));
  });

  test('without names has those of its keys', async () => {
    const { tensors } = await readCheckpoint(join(folder.path, 'objects', 'ckpt-4'));
    expect([...tensors.keys()]).toEqual(['v/0']);
  });

  test('is the latest of a folder whose file checkpoint tells, also after a move', async () => {
    const path = join(folder.path, 'objects');
    writeFileSync(join(path, 'checkpoint'), 'model_checkpoint_path: "/elsewhere/ckpt-4"\n');
    expect((await readCheckpoint(path)).tensors.size).toBe(1);
    rmSync(join(path, 'checkpoint'));
    await expect(readCheckpoint(path)).rejects.toThrow(/several checkpoints: ckpt-3, ckpt-4\. Name one/);
  });
});

test('files of values that are missing are named', async () => {
  const path = join(inFolder('alone'), 'model');
  await writeCheckpoint(path, weightsOf({ a: [2] }));
  renameSync(`${path}.data-00000-of-00001`, `${path}.data`);
  const error = await readCheckpoint(`${path}.index`).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(`${path}.data-00000-of-00001, which is missing. Put that file`);
});
