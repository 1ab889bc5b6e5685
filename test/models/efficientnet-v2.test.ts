import { describe, expect, it, test } from 'vitest';
import { EFFICIENTNETS_V2, type EfficientNetV2Name, efficientnetV2 } from '../../models/efficientnet-v2.js';
import { countParameters } from '../../models/parameters.js';
import { layerOf, namesOfClass } from './topology-checks.js';

describe('parameter counts', () => {
  // As `count_params` of keras.applications 3.15 gives them: all, and those that an optimizer updates. The latter
  // of S, M and L are `num_params` of torchvision's weights.
  test.each<[EfficientNetV2Name, number, number]>([
    ['efficientnet-v2-b0', 7_200_312, 7_139_704],
    ['efficientnet-v2-b1', 8_212_124, 8_141_052],
    ['efficientnet-v2-b2', 10_178_374, 10_096_086],
    ['efficientnet-v2-b3', 14_467_622, 14_358_406],
    ['efficientnet-v2-s', 21_612_360, 21_458_488],
    ['efficientnet-v2-m', 54_431_388, 54_139_356],
    ['efficientnet-v2-l', 119_027_848, 118_515_272],
  ])('%s has %i in all, %i of them trainable', (name, total, trainable) => {
    expect(countParameters(efficientnetV2(name))).toEqual({ total, trainable });
  });

  // arXiv 2104.00298, table 7: in millions.
  test.each<[EfficientNetV2Name, number]>([
    ['efficientnet-v2-s', 22],
    ['efficientnet-v2-m', 54],
    ['efficientnet-v2-l', 120],
  ])('%s has the %i million of the paper', (name, millions) => {
    expect(Math.abs(countParameters(efficientnetV2(name)).total / 1e6 - millions)).toBeLessThan(1);
  });
});

describe('layers', () => {
  it('has fused blocks first, and depthwise ones behind', () => {
    const topology = efficientnetV2('efficientnet-v2-s');
    expect(layerOf(topology, 'block1a_project_conv').config.kernel_size).toEqual([3, 3]);
    expect(namesOfClass(topology, 'Activation')).toContain('block1a_project_activation');
    expect(layerOf(topology, 'block2a_expand_conv').config).toMatchObject({
      kernel_size: [3, 3],
      strides: [2, 2],
      filters: 96,
      padding: 'same',
    });
    expect(layerOf(topology, 'block2a_project_conv').config.kernel_size).toEqual([1, 1]);
    expect(layerOf(topology, 'block4a_dwconv2').config.strides).toEqual([2, 2]);
    const squeezed = namesOfClass(topology, 'Multiply').map((name) => name.slice(0, 6));
    expect(new Set(squeezed)).toEqual(new Set(['block4', 'block5', 'block6']));
    expect(layerOf(topology, 'block6b_se_reduce').config.filters).toBe(64);
  });

  it('has the sizes, the dropout and the survival probability of its authors', () => {
    const rows = Object.values(EFFICIENTNETS_V2);
    expect(rows.map(({ imageSize }) => imageSize)).toEqual([224, 240, 260, 300, 384, 480, 480]);
    expect(rows.map(({ dropout }) => dropout)).toEqual([0.2, 0.2, 0.3, 0.3, 0.2, 0.3, 0.4]);
    const topology = efficientnetV2('efficientnet-v2-l');
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([null, 480, 480, 3]);
    expect(layerOf(topology, 'top_dropout').config.rate).toBe(0.4);
    // Block 79 of 79, counted from 0.
    expect(layerOf(topology, 'block7g_drop').config.rate).toBeCloseTo((0.2 * 78) / 79, 12);
    const without = efficientnetV2('efficientnet-v2-l', { dropout: 0, dropConnect: 0 });
    expect(namesOfClass(without, 'Dropout')).toEqual([]);
  });

  it('scales pixels as it was trained', () => {
    const first = (name: EfficientNetV2Name, pixel: number) => {
      const { scale, offset } = layerOf(efficientnetV2(name), 'rescaling').config;
      return [scale, offset].flat().length === 2
        ? [pixel * Number(scale) + Number(offset)]
        : (scale as number[]).map((each, channel) => pixel * each + (offset as number[])[channel]!);
    };
    expect(first('efficientnet-v2-s', 64)).toEqual([-0.5]);
    const expected = [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225];
    first('efficientnet-v2-b0', 127.5).forEach((value, channel) => {
      expect(value).toBeCloseTo(expected[channel]!, 12);
    });
    const bare = efficientnetV2('efficientnet-v2-b0', { includePreprocessing: false });
    expect(namesOfClass(bare, 'Rescaling')).toEqual([]);
  });

  it('takes classes, size, activation, padding and epsilon', () => {
    const topology = efficientnetV2('efficientnet-v2-b1', {
      classes: 7,
      imageSize: 64,
      classifierActivation: 'linear',
      padding: 'symmetric',
      epsilon: 1e-5,
    });
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([null, 64, 64, 3]);
    expect(layerOf(topology, 'predictions').config).toMatchObject({ units: 7, activation: 'linear' });
    expect(namesOfClass(topology, 'ZeroPadding2D')).toEqual([
      'stem_conv_pad',
      'block2a_expand_conv_pad',
      'block3a_expand_conv_pad',
      'block4a_dwconv2_pad',
      'block6a_dwconv2_pad',
    ]);
    for (const name of namesOfClass(topology, 'BatchNormalization'))
      expect(layerOf(topology, name).config).toMatchObject({ epsilon: 1e-5, momentum: 0.9 });
    expect(namesOfClass(efficientnetV2('efficientnet-v2-b1'), 'ZeroPadding2D')).toEqual([]);
  });
});
