import { describe, expect, test } from 'vitest';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { cutAt } from '../../../src/model/index.js';
import { learningRateFactors } from '../../../src/model/trainable/index.js';
import { smallTopology } from '../../train/small-network.js';
import { givenModel } from '../given-model.js';
import { frozenGraph } from '../graph/folded-graph.js';
import { network } from './network.js';

describe('learningRateFactors', () => {
  test('are 1 unless something is asked for', () => {
    const { model, weights } = network('wide-resnet-16-8', 32);
    const factor = learningRateFactors(model);
    expect(new Set(weights.map(({ name }) => factor(name)))).toEqual(new Set([1]));
  });

  test('decay from the head, a power a block, down to the stem', () => {
    const { model, weights } = network('resnet-50');
    const factor = learningRateFactors(model, { layerDecay: 0.5 });
    expect(factor('predictions/kernel')).toBe(1);
    expect(factor('conv5_block3_3_conv/kernel')).toBe(0.5);
    expect(factor('conv5_block2_1_bn/gamma')).toBe(0.25);
    // 16 blocks, then the stem.
    expect(factor('conv2_block1_0_conv/kernel')).toBe(0.5 ** 16);
    expect(factor('conv1_conv/kernel')).toBe(0.5 ** 17);
    expect(new Set(weights.map(({ name }) => factor(name))).size).toBe(18);
  });

  test('what is behind the last block decays with it', () => {
    const { model } = network('efficientnet-b0');
    const factor = learningRateFactors(model, { layerDecay: 0.7 });
    expect(factor('top_conv/kernel')).toBe(0.7);
    expect(factor('block7a_project_bn/beta')).toBe(0.7);
  });

  test('head and body have rates of their own, which the decay comes on top of', () => {
    const { model } = network('mobilenet-v2');
    const factor = learningRateFactors(model, { headRate: 10, bodyRate: 0.1, layerDecay: 0.5 });
    expect(factor('predictions/bias')).toBe(10);
    expect(factor('Conv_1/kernel')).toBeCloseTo(0.05, 12);
    expect(factor('block_15_expand/kernel')).toBeCloseTo(0.025, 12);
  });

  test('without a head the last block has 1', () => {
    const { model } = network('wide-resnet-16-8', 32);
    const factor = learningRateFactors(cutAt(model, 'group2_block2_add'), { layerDecay: 0.5, headRate: 3 });
    expect(factor('group2_block2_conv1/kernel')).toBe(1);
    expect(factor('group2_block1_conv1/kernel')).toBe(0.5);
  });

  test('of a graph go by the names of its weights', () => {
    const model = givenModel(smallTopology(), ['a', 'b', 'c']);
    const graph = model.with(trainableGraph({ name: 'small', outputs: [], ...frozenGraph(model) }));
    const factor = learningRateFactors(graph, { layerDecay: 0.5 });
    expect([...graph.weights.keys()].map(factor).toSorted()).toEqual(
      [...model.weights.keys()].map(learningRateFactors(model, { layerDecay: 0.5 })).toSorted(),
    );
    expect(factor('stem_bn/gamma')).toBe(0.25);
  });

  test('numbers that cannot be are refused, and weights of another network', () => {
    const { model } = network('wide-resnet-16-8', 32);
    expect(() => learningRateFactors(model, { layerDecay: 0 })).toThrow(
      /above 0, to 1 for --layer-decay, received 0/,
    );
    expect(() => learningRateFactors(model, { layerDecay: 1.1 })).toThrow(/--layer-decay/);
    expect(() => learningRateFactors(model, { bodyRate: -1 })).toThrow(
      /0 or more for --body-rate, received -1/,
    );
    expect(() => learningRateFactors(model)('other/kernel')).toThrow(/'other\/kernel' belongs to no layer/);
  });
});
