import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FunctionalBuilder, LayerOutput } from '../../models/functional-builder.js';
import { softmax } from '../../src/evaluate/index.js';
import { exportModel, NotOpened } from '../../src/export/index.js';
import { writeModelFile } from '../../src/export/onnx/model-file.js';
import { openWithOnnxruntime } from '../../src/export/onnx/runtime.js';
import { onnx } from '../../src/export/onnx.js';
import type { Model } from '../../src/model/index.js';
import { givenModel } from '../model/given-model.js';
import { layerModel } from '../model/layer-model.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { largestDifference } from '../weights/tfjs-graph/run-in-tfjs.js';
import { calibrated, someImages } from './calibrated.js';
import { compareInOnnxruntime, imagesFor } from './onnx-model.js';

const { path: folder, write } = temporaryFolder();
const SIZE = 33;
const images = someImages(5, SIZE);
let model: Model;
let expected: Float32Array[];

beforeAll(async () => {
  model = await calibrated('mobilenet-v3-small', SIZE);
  const { data } = await model.logits({ data: images, shape: [5, SIZE, SIZE, 3] });
  expected = Array.from({ length: 5 }, (_, i) => softmax(data.slice(1000 * i, 1000 * i + 1000)));
});

afterAll(() => model.dispose());

async function run(out: string, count: number, pixels = images): Promise<Float32Array> {
  const opened = await onnx.open(out, { model });
  try {
    const data = pixels.slice(0, count * SIZE * SIZE * 3);
    return await opened.run({ data, shape: [count, SIZE, SIZE, 3] });
  } finally {
    await opened.close();
  }
}

test.each(['float32', 'float16'] as const)(
  'onnxruntime gives the same probabilities of 1 image and of 5: %s',
  async (type) => {
    const quantize = type === 'float16' ? type : undefined;
    const out = join(folder, 'plain');
    const { verification, bytes } = await exportModel(model, { format: 'onnx', out, quantize });
    expect(verification).toMatchObject({ verified: true, program: expect.stringMatching(/^onnxruntime \d/) });
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('InferenceSession.create("model.onnx")');
    const weights = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(bytes).toBeLessThan((quantize ? 2.1 : 4.2) * weights + 2e5);
    for (const count of [1, 5]) {
      const given = await run(out, count);
      const own = Float32Array.from(expected.slice(0, count).flatMap((row) => [...row]));
      expect(largestDifference(given, own)).toBeLessThan(quantize ? 1e-4 : 1e-6);
    }
    // The images are told apart, and the classes of one as well.
    expect(largestDifference(expected[0]!, expected[1]!)).toBeGreaterThan(1e-4);
  },
);

test('it takes normalized pixels where it is to', async () => {
  const out = join(folder, 'normalized');
  await exportModel(model, { format: 'onnx', out, normalizedInput: true });
  const { mean, std } = model.preprocessing;
  const normalized = images.map((value, i) => (value - mean[i % 3]!) / std[i % 3]!);
  expect(largestDifference(await run(out, 1, normalized), expected[0]!)).toBeLessThan(1e-6);
  expect(largestDifference(await run(out, 1), expected[0]!)).toBeGreaterThan(1e-4);
});

test('written twice it is the same, byte for byte', async () => {
  const written = async (name: string) => {
    const out = join(folder, name);
    mkdirSync(out);
    await onnx.write(model, { out, metadata: { task: 'digits' } });
    return readFileSync(join(out, 'model.onnx')).toString('base64');
  };
  expect(await written('first')).toBe(await written('second'));
});

const window = { kernel_size: [3, 3], strides: [2, 2], padding: 'same' };

/** Layers that the networks of the catalogue lack, or have in another way, on `[8, 8, 3]`. */
const LAYERS: Record<string, (b: FunctionalBuilder, x: LayerOutput) => LayerOutput> = {
  'SeparableConv2D, Cropping2D': (b, x) =>
    b.layer(
      'Cropping2D',
      'crop',
      [b.layer('SeparableConv2D', 'it', [x], { ...window, filters: 5 }, [4, 4, 5])],
      { cropping: 1 },
      [2, 2, 5],
    ),
  'batch normalization before a convolution': (b, x) =>
    b.layer(
      'Conv2D',
      'conv',
      [b.layer('BatchNormalization', 'it', [x], {}, [8, 8, 3])],
      { ...window, filters: 4 },
      [4, 4, 4],
    ),
  'batch normalization of vectors': (b, x) =>
    b.layer(
      'BatchNormalization',
      'it',
      [b.layer('GlobalMaxPooling2D', 'pool', [x], {}, [3])],
      { epsilon: 0.1 },
      [3],
    ),
  LayerNormalization: (b, x) => b.layer('LayerNormalization', 'it', [x], { axis: [-1] }, [8, 8, 3]),
  Normalization: (b, x) =>
    b.layer('Normalization', 'it', [x], { mean: [10, 20, 30], variance: [4, 9, 1] }, [8, 8, 3]),
  PReLU: (b, x) => b.layer('PReLU', 'it', [x], { shared_axes: [1, 2] }, [8, 8, 3]),
  'ReLU with slope, threshold and maximum': (b, x) =>
    b.layer('ReLU', 'it', [x], { negative_slope: 0.1, threshold: 0.2, max_value: 0.7 }, [8, 8, 3]),
  'Permute, ChannelPadding': (b, x) =>
    b.layer(
      'ChannelPadding',
      'pad',
      [b.layer('Permute', 'it', [x], { dims: [3, 1, 2] }, [3, 8, 8])],
      { padding: 2 },
      [3, 8, 10],
    ),
  Reshape: (b, x) => b.layer('Reshape', 'it', [x], { target_shape: [16, 4, 3] }, [16, 4, 3]),
  'AveragePooling2D, Concatenate, Average': (b, x) => {
    const pool = b.layer(
      'AveragePooling2D',
      'pool',
      [x],
      { pool_size: 3, strides: 1, padding: 'same' },
      [8, 8, 3],
    );
    const both = b.layer('Concatenate', 'both', [x, pool], { axis: -1 }, [8, 8, 6]);
    const average = b.layer('Average', 'average', [x, pool], {}, [8, 8, 3]);
    return b.layer('Concatenate', 'it', [both, average], { axis: 3 }, [8, 8, 9]);
  },
  ...Object.fromEntries(
    ['gelu', 'mish', 'hardSigmoid', 'logSoftmax', 'softmax', 'swish', 'selu'].map((activation) => [
      `activation ${activation}`,
      (b: FunctionalBuilder, x: LayerOutput) =>
        b.layer('Conv2D', 'it', [x], { ...window, filters: 4, activation }, [4, 4, 4]),
    ]),
  ),
};

describe('layers', () => {
  // Of values of 16 and more, float16 has two digits behind the point.
  test.each(Object.entries(LAYERS))('%s', async (_, build) => {
    const topology = layerModel([8, 8, 3], build);
    const small = givenModel(topology, []);
    for (const quantize of [undefined, 'float16'] as const) {
      const found = await compareInOnnxruntime(small, [imagesFor(small, 2)], { folder, quantize });
      expect(found.largestDifference / Math.max(1, found.largest)).toBeLessThan(quantize ? 5e-3 : 1e-5);
      expect(found.largest).toBeGreaterThan(0.01);
    }
  });
});

test('in float16, what is too large for it stays finite', async () => {
  const topology = layerModel([8, 8, 3], (b, x) =>
    b.layer('Conv2D', 'it', [x], { ...window, filters: 2 }, [4, 4, 2]),
  );
  const small = givenModel(topology, []);
  const weights: Model['weights'] = new Map([
    ['it/kernel', { dtype: 'float32', shape: [3, 3, 3, 2], data: new Float32Array(54) }],
    ['it/bias', { dtype: 'float32', shape: [2], data: Float32Array.of(1e6, -1e6) }],
  ]);
  const out = join(folder, 'finite');
  mkdirSync(out);
  await onnx.write(small.with({ weights }), { out, metadata: {}, quantize: 'float16' });
  const opened = await onnx.open(out, { model: small });
  const given = await opened.run({ data: new Float32Array(192), shape: [1, 8, 8, 3] });
  await opened.close();
  expect([...given.slice(0, 4)]).toEqual([65504, -65504, 65504, -65504]);
});

test('refused: more than 2 GB, which leaves no file, and other types of weights', async () => {
  const path = join(folder, 'large.onnx');
  const weights = {
    name: 'kernel',
    type: 'float32',
    shape: [30_000, 30_000],
    data: () => new Uint8Array(),
  } as const;
  const typed = { name: 'x', type: 'float32', shape: ['batch'] } as const;
  const large = {
    nodes: [],
    initializers: [weights],
    input: typed,
    output: typed,
    name: 'large',
    description: '',
    producer: { name: 'test', version: '1' },
    metadata: {},
  };
  await expect(writeModelFile(path, large)).rejects.toThrow(/3\.6 GB.*at most 2\.1 GB.*float16.*saved-model/);
  expect(existsSync(path)).toBe(false);
  await expect(
    exportModel(model, { format: 'onnx', out: join(folder, 'no'), quantize: 'uint8' }),
  ).rejects.toThrow(/onnx stores no weights as uint8\. It has: float16/);
});

test('without onnxruntime-node it says what to install; what is damaged is not opened', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  const open = openWithOnnxruntime('model.onnx', { load: () => Promise.reject(missing) });
  await expect(open).rejects.toThrow(NotOpened);
  await expect(open).rejects.toThrow(/npm install onnxruntime-node/);
  const damaged = write('damaged.onnx', Uint8Array.of(8, 8, 58, 200, 1, 10, 90));
  await expect(openWithOnnxruntime(damaged)).rejects.toThrow(/damaged\.onnx/);
});
