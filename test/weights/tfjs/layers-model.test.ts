import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import type { ModelData } from '../../../src/model/data.js';
import { readWeights } from '../../../src/weights/read.js';
import { readLayersModel, writeLayersModel } from '../../../src/weights/tfjs-layers.js';
import { temporaryFolder } from '../temporary-folder.js';
import { loadWithTfjs, smallModel, topologyOf, weightsOf } from './tfjs-model.js';

const folder = temporaryFolder();
const labels = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu'];
const preprocessing = { mean: [127, 127, 127], std: [128, 128, 64] } as const;
let model: tf.LayersModel;
let data: ModelData;

beforeAll(async () => {
  await tf.setBackend('cpu');
  model = smallModel();
  data = { topology: topologyOf(model), weights: weightsOf(model), labels, preprocessing, imageSize: 12 };
});

describe('a written model', () => {
  test('loads in tfjs with every weight in its place, and computes the same', async () => {
    const path = join(folder.path, 'small');
    await writeLayersModel(path, data);
    const loaded = await loadWithTfjs(path);
    expect(weightsOf(loaded)).toEqual(data.weights);
    expect([...data.weights.keys()]).toEqual(
      expect.arrayContaining([
        'stem_conv/kernel',
        ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => `stem_bn/${name}`),
        'block1a_dwconv/depthwise_kernel',
        ...['depthwise_kernel', 'pointwise_kernel', 'bias'].map((name) => `separable/${name}`),
      ]),
    );
    const x = tf.randomUniform([2, 12, 12, 3], -1, 1, 'float32', 5);
    const [ours, theirs] = [loaded, model].map((m) => (m.predict(x) as tf.Tensor).dataSync());
    expect(ours).toEqual(theirs);
    expect(loaded.getUserDefinedMetadata()).toMatchObject({
      samFinetune: { version: 1, labels, imageSize: 12 },
    });
  });

  test('reads back whole, whatever the order of its weights', async () => {
    const path = join(folder.path, 'round');
    const weights = new Map([...data.weights].reverse());
    await writeLayersModel(path, { ...data, weights }, { metadata: { base: 'small', top1: 0.5 } });
    const read = await readLayersModel(path);
    expect(read).toEqual({ ...data, weights, metadata: { base: 'small', top1: 0.5 } });
    expect(await readLayersModel(join(path, 'model.json'))).toEqual(read);
    expect(weightsOf(await loadWithTfjs(path))).toEqual(data.weights);
    expect(await readWeights(path)).toMatchObject({ format: 'tfjs-layers', labels, tensors: weights });
  });

  test('is cut into shards of 4 MiB, through tensors', async () => {
    const path = join(folder.path, 'large');
    const large = {
      dtype: 'float32',
      shape: [2_500_000],
      data: Float32Array.from({ length: 2_500_000 }, (_, i) => i),
    } as const;
    const weights = new Map([
      ['a/kernel', large],
      ['b/kernel', { ...large, shape: [2_500_000] }],
    ]);
    await writeLayersModel(path, { ...data, weights });
    const shards = readdirSync(path).filter((name) => name.endsWith('.bin'));
    expect(shards).toEqual([1, 2, 3, 4, 5].map((i) => `group1-shard${i}of5.bin`));
    expect(shards.map((name) => statSync(join(path, name)).size)).toEqual([
      ...Array(4).fill(4194304),
      20e6 - 4 * 4194304,
    ]);
    for (const { shape, data: values } of (await readLayersModel(path)).weights.values()) {
      expect(shape).toEqual([2_500_000]);
      expect((values as Float32Array).every((value, i) => value === i)).toBe(true);
    }
  });

  test('replaces one of the same name as a whole', async () => {
    const path = join(folder.path, 'replaced');
    const bytes = { dtype: 'float32', shape: [2_000_000], data: new Float32Array(2_000_000) } as const;
    await writeLayersModel(path, { ...data, weights: new Map([['a/kernel', bytes]]) });
    await writeLayersModel(`${path}/`, data);
    expect(readdirSync(path)).toEqual(['group1-shard1of1.bin', 'model.json']);
    expect(readdirSync(folder.path).filter((name) => /tmp-|old-/.test(name))).toEqual([]);
  });

  test('never replaces a folder of other things', async () => {
    const path = join(folder.path, 'photos');
    mkdirSync(path);
    writeFileSync(join(path, 'cat.jpg'), 'meow');
    await expect(writeLayersModel(path, data)).rejects.toThrow(
      /photos would be replaced.*'cat\.jpg'.*another folder/,
    );
    expect(readFileSync(join(path, 'cat.jpg'), 'utf8')).toBe('meow');
    writeFileSync(join(folder.path, 'plain'), '');
    await expect(writeLayersModel(join(folder.path, 'plain'), data)).rejects.toThrow(
      /Expected a folder at .*plain/,
    );
  });

  test('is not begun where a weight cannot be stored', async () => {
    const path = join(folder.path, 'never');
    const wide = { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) } as const;
    await expect(writeLayersModel(path, { ...data, weights: new Map([['a/b', wide]]) })).rejects.toThrow(
      /'a\/b' is int64/,
    );
    const short = { dtype: 'float32', shape: [2], data: new Float32Array(1) } as const;
    await expect(writeLayersModel(path, { ...data, weights: new Map([['a/b', short]]) })).rejects.toThrow(
      /'a\/b' of shape/,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('stores 16-bit and 64-bit floats as float32', async () => {
    const path = join(folder.path, 'halves');
    const half = { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3e00) } as const;
    const double = { dtype: 'float64', shape: [], data: Float64Array.of(0.25) } as const;
    await writeLayersModel(path, {
      ...data,
      weights: new Map<string, typeof half | typeof double>([
        ['a/half', half],
        ['a/double', double],
      ]),
    });
    const { weights } = await readLayersModel(path);
    expect([...weights.values()].map((w) => [w.dtype, ...w.data])).toEqual([
      ['float32', 1.5],
      ['float32', 0.25],
    ]);
  });
});

test('errors are InputErrors', async () => {
  await expect(readLayersModel(join(folder.path, 'nowhere'))).rejects.toThrow(InputError);
});
