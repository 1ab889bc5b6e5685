import { expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import { buildForward } from '../../../src/model/index.js';
import type { WeightMap } from '../../../src/model/weights.js';
import { convertWeights } from '../../../src/weights/convert.js';
import { tensorflowEfficientnet } from '../../../src/weights/names/tensorflow-efficientnet.js';

const targetsOf = (base: string) =>
  buildForward(findBase(base)!.build({ classes: 10, imageSize: 64 }), { training: false }).weights;

function sourcesOf(base: string): Map<string, string | undefined> {
  const names = targetsOf(base).map(({ name }) => name);
  const resolve = tensorflowEfficientnet.bind(names);
  return new Map(names.map((name) => [name, resolve(name)?.source]));
}

test('B0 has the names of the published checkpoints', () => {
  const sources = sourcesOf('efficientnet-b0');
  const expected = {
    'stem_conv/kernel': 'stem/conv2d/kernel',
    'stem_bn/moving_variance': 'stem/tpu_batch_normalization/moving_variance',
    // Without an expansion the numbers of what follows are lower.
    'block1a_dwconv/depthwise_kernel': 'blocks_0/depthwise_conv2d/depthwise_kernel',
    'block1a_bn/gamma': 'blocks_0/tpu_batch_normalization/gamma',
    'block1a_se_reduce/kernel': 'blocks_0/se/conv2d/kernel',
    'block1a_se_expand/bias': 'blocks_0/se/conv2d_1/bias',
    'block1a_project_conv/kernel': 'blocks_0/conv2d/kernel',
    'block1a_project_bn/beta': 'blocks_0/tpu_batch_normalization_1/beta',
    'block2b_expand_conv/kernel': 'blocks_2/conv2d/kernel',
    'block2b_expand_bn/gamma': 'blocks_2/tpu_batch_normalization/gamma',
    'block2b_bn/moving_mean': 'blocks_2/tpu_batch_normalization_1/moving_mean',
    'block2b_project_conv/kernel': 'blocks_2/conv2d_1/kernel',
    'block2b_project_bn/gamma': 'blocks_2/tpu_batch_normalization_2/gamma',
    'block7a_dwconv/depthwise_kernel': 'blocks_15/depthwise_conv2d/depthwise_kernel',
    'top_conv/kernel': 'head/conv2d/kernel',
    'top_bn/gamma': 'head/tpu_batch_normalization/gamma',
    'predictions/kernel': 'head/dense/kernel',
  };
  for (const [target, source] of Object.entries(expected)) expect(sources.get(target), target).toBe(source);
  const bound = [...sources.values()];
  expect(new Set(bound).size).toBe(bound.length);
  expect(bound).not.toContain(undefined);
});

test.skipIf(!findBase('efficientnet-v2-s'))('V2-S counts convolutions of fused blocks alike', () => {
  const sources = sourcesOf('efficientnet-v2-s');
  expect(sources.get('block1a_project_conv/kernel')).toBe('blocks_0/conv2d/kernel');
  expect(sources.get('block2a_expand_conv/kernel')).toBe('blocks_2/conv2d/kernel');
  expect(sources.get('block2a_project_conv/kernel')).toBe('blocks_2/conv2d_1/kernel');
  expect(sources.get('block2a_project_bn/gamma')).toBe('blocks_2/tpu_batch_normalization_1/gamma');
  expect(sources.get('block4a_project_bn/gamma')).toBe('blocks_10/tpu_batch_normalization_2/gamma');
});

test('moving averages are taken where there are any', () => {
  const source: WeightMap = new Map();
  let next = 0;
  const targets = targetsOf('efficientnet-b0');
  const resolve = tensorflowEfficientnet.bind(targets.map(({ name }) => name));
  for (const { name, shape } of targets) {
    const size = shape.reduce((product, side) => product * side, 1);
    const official = `efficientnet-b0/${resolve(name)!.source}`;
    const filled = (value: number) =>
      ({ dtype: 'float32', shape, data: new Float32Array(size).fill(value) }) as const;
    source.set(official, filled(-1));
    source.set(`${official}/ExponentialMovingAverage`, filled(next++));
  }
  // One that was not averaged.
  source.delete('efficientnet-b0/stem/conv2d/kernel/ExponentialMovingAverage');
  const prepared = tensorflowEfficientnet.prepare(source);
  const converted = convertWeights(prepared, targets, tensorflowEfficientnet, { file: 'model.ckpt' });
  const values = targets.map(({ name }) => converted.get(name)!.data[0]);
  const stem = targets.findIndex(({ name }) => name === 'stem_conv/kernel');
  expect(values).toEqual(targets.map((_, i) => (i === stem ? -1 : i)));
});
