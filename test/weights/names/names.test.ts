import { describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import { InputError } from '../../../src/errors.js';
import { buildForward, type WeightMap } from '../../../src/model/index.js';
import { convertWeights } from '../../../src/weights/convert.js';
import { guessNameMaps, NAME_MAPS, nameMap } from '../../../src/weights/names/index.js';

const targetsOf = (base: string) => buildForward(findBase(base)!.build(), { training: false }).weights;
const namesOf = (base: string) => targetsOf(base).map(({ name }) => name);

/** Names in the source of every target, by a map. */
function sourcesOf(map: string, base: string): string[] {
  const names = namesOf(base);
  const resolve = nameMap(map).bind(names);
  return names.map((name) => resolve(name)?.source ?? `nothing for ${name}`);
}

/** Rows that take Keras's names of layers as they are. */
const KERAS = /^(keras|qubvel)/;

describe('each row', () => {
  test.each(NAME_MAPS.map((map) => [map.name, map] as const))('%s', (name, map) => {
    expect(nameMap(name)).toBe(map);
    expect(map.description).not.toBe('');
    const resolve = map.bind(namesOf('efficientnet-b0'));
    expect(resolve('stem_conv')).toBeUndefined();
    if (KERAS.test(name)) return;
    for (const target of ['toString/kernel', 'block1a_toString/kernel', 'block9z_dwconv/depthwise_kernel']) {
      expect(resolve(target), target).toBeUndefined();
    }
  });

  test('names are unique, and an unknown one is answered with the nearest', () => {
    expect(new Set(NAME_MAPS.map(({ name }) => name)).size).toBe(NAME_MAPS.length);
    expect(() => nameMap('torchvison')).toThrow(InputError);
    expect(() => nameMap('torchvison')).toThrow(/Unknown name map 'torchvison'. Did you mean 'torchvision'/);
  });
});

describe('names of a source', () => {
  test.each([
    ['keras', 'efficientnet-b0', 'block1a_dwconv/depthwise_kernel', 'block1a_dwconv/depthwise_kernel'],
    ['keras-3', 'efficientnet-b0', 'block1a_dwconv/depthwise_kernel', 'block1a_dwconv/kernel'],
    ['qubvel', 'efficientnet-b0', 'predictions/bias', 'probs/bias'],
    ['qubvel', 'efficientnet-b0', 'block2a_se_reduce/kernel', 'block2a_se_reduce/kernel'],
    // Stem, then one convolution of the first block's two of squeeze-and-excitation, its projection, ...
    ['qubvel-0', 'efficientnet-b0', 'stem_conv/kernel', 'conv2d_1/kernel'],
    ['qubvel-0', 'efficientnet-b0', 'block1a_dwconv/depthwise_kernel', 'depthwise_conv2d_1/depthwise_kernel'],
    ['qubvel-0', 'efficientnet-b0', 'block1a_bn/beta', 'batch_normalization_2/beta'],
    ['qubvel-0', 'efficientnet-b0', 'block1a_project_conv/kernel', 'conv2d_4/kernel'],
    ['qubvel-0', 'efficientnet-b0', 'block2a_expand_conv/kernel', 'conv2d_5/kernel'],
    ['qubvel-0', 'efficientnet-b0', 'top_conv/kernel', 'conv2d_65/kernel'],
    ['qubvel-0', 'efficientnet-b0', 'top_bn/gamma', 'batch_normalization_49/gamma'],
    ['qubvel-0', 'efficientnet-b0', 'predictions/kernel', 'dense_1/kernel'],
    ['google-research-sam', 'efficientnet-b0', 'stem_conv/kernel', 'params/Stem_0/conv2d/kernel'],
    ['google-research-sam', 'efficientnet-b0', 'stem_bn/gamma', 'params/Stem_0/batch_normalization/scale'],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block1a_bn/moving_variance',
      'state/MBConvBlock_1/batch_normalization_0/var',
    ],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block1a_project_conv/kernel',
      'params/MBConvBlock_1/project_conv2d_0/kernel',
    ],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block2b_expand_conv/kernel',
      'params/MBConvBlock_3/expand_conv2d_0/kernel',
    ],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block2b_dwconv/depthwise_kernel',
      'params/MBConvBlock_3/depthwise_conv2d/depthwise_kernel',
    ],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block2b_se_expand/bias',
      'params/MBConvBlock_3/SqueezeExcite_0/expand_conv2d_1/bias',
    ],
    [
      'google-research-sam',
      'efficientnet-b0',
      'block2b_project_bn/moving_mean',
      'state/MBConvBlock_3/batch_normalization_2/mean',
    ],
    ['google-research-sam', 'efficientnet-b0', 'top_bn/beta', 'params/Head_17/batch_normalization/bias'],
    ['google-research-sam', 'efficientnet-b0', 'predictions/kernel', 'params/Head_17/dense/kernel'],
    ['keras-applications', 'resnet-50-v1', 'predictions/kernel', 'probs/kernel'],
    ['keras-applications', 'resnet-50-v1', 'conv2_block1_0_bn/gamma', 'conv2_block1_0_bn/gamma'],
    ['keras-applications', 'mobilenet-v2', 'predictions/kernel', 'Logits/kernel'],
    ['keras-applications', 'mobilenet-v3-large', 'conv/kernel', 'Conv/kernel'],
    ['keras-applications', 'mobilenet-v3-large', 'conv_bn/gamma', 'Conv/BatchNorm/gamma'],
    ['keras-applications', 'mobilenet-v3-large', 'conv_2/bias', 'Conv_2/bias'],
    [
      'keras-applications',
      'mobilenet-v3-large',
      'expanded_conv_depthwise_bn/beta',
      'expanded_conv/depthwise/BatchNorm/beta',
    ],
    [
      'keras-applications',
      'mobilenet-v3-large',
      'expanded_conv_3_squeeze_excite_conv_1/kernel',
      'expanded_conv_3/squeeze_excite/Conv_1/kernel',
    ],
  ])('%s, %s: %s is %s', (map, base, target, source) => {
    const names = namesOf(base);
    expect(names).toContain(target);
    expect(nameMap(map).bind(names)(target)?.source).toBe(source);
  });

  test.each([
    ['qubvel', 'efficientnet-b3'],
    ['qubvel-0', 'efficientnet-b3'],
    ['google-research-sam', 'efficientnet-b7'],
    ['keras-applications', 'resnet-50-v1'],
    ['keras-applications', 'mobilenet-v2'],
    ['keras-applications', 'mobilenet-v3-small'],
  ])('%s: every weight of %s has a name of its own', (map, base) => {
    const sources = sourcesOf(map, base);
    expect(sources.filter((source) => source.startsWith('nothing'))).toEqual([]);
    expect(new Set(sources).size).toBe(sources.length);
  });

  test('a source that does not have an architecture gives no names for it', () => {
    for (const [map, base] of [
      ['lukemelas', 'mobilenet-v2'],
      ['lukemelas', 'resnet-50'],
      ['timm-tf', 'resnet-50'],
      ['qubvel', 'mobilenet-v3-large'],
      ['google-research-sam', 'mobilenet-v2'],
    ] as const) {
      const found = sourcesOf(map, base).filter((source) => !source.startsWith('nothing'));
      expect(found, `${map}, ${base}`).toEqual([]);
    }
  });
});

describe('guessing', () => {
  test('each source of EfficientNet-B0 by its keys', () => {
    const names = namesOf('efficientnet-b0');
    for (const map of [
      'keras',
      'keras-3',
      'qubvel',
      'qubvel-0',
      'timm-tf',
      'torchvision',
      'google-research-sam',
    ]) {
      expect(guessNameMaps(sourcesOf(map, 'efficientnet-b0'), names)[0]?.map.name, map).toBe(map);
    }
  });

  test('names that two sources share are given in the order of the table', () => {
    const fits = guessNameMaps(sourcesOf('timm', 'efficientnet-b0'), namesOf('efficientnet-b0'));
    expect(fits.filter(({ missing, extra }) => missing + extra === 0).map(({ map }) => map.name)).toEqual([
      'timm-tf',
      'timm',
    ]);
  });

  test('what is missing and extra is counted, what is ignored is not', () => {
    const keys = sourcesOf('timm', 'efficientnet-b0').slice(1);
    const [best] = guessNameMaps(
      [...keys, 'bn1.num_batches_tracked', 'ema.decay'],
      namesOf('efficientnet-b0'),
    );
    expect(best).toMatchObject({ matched: keys.length, missing: 1, extra: 1 });
    expect(guessNameMaps(['nothing', 'of.this'], namesOf('efficientnet-b0'))).toEqual([]);
  });
});

test("the statistics of Keras's preprocessing are left out of a base that has none", () => {
  const targets = [{ name: 'stem_conv/kernel', shape: [1], trainable: true }];
  const one = { dtype: 'float32' as const, shape: [1], data: Float32Array.of(2) };
  const source: WeightMap = new Map([
    ['normalization/mean', one],
    ['normalization/count', one],
    ['stem_conv/kernel', one],
  ]);
  expect([...convertWeights(source, targets, nameMap('keras'), { file: 'f' }).keys()]).toEqual([
    'stem_conv/kernel',
  ]);
});
