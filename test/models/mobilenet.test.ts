import { describe, expect, it, test } from 'vitest';
import { mobilenetV2 } from '../../models/mobilenet-v2.js';
import { type MobileNetV3Name, mobilenetV3 } from '../../models/mobilenet-v3.js';
import { countParameters } from '../../models/parameters.js';
import { layerOf, namesOfClass } from './topology-checks.js';

describe('MobileNetV2', () => {
  // As `count_params` of keras.applications 3.15 gives them. Of width 1 the trainable ones are `num_params` of
  // torchvision's weights.
  test.each([
    [0.35, 1_691_208, 1_677_128],
    [0.5, 1_987_224, 1_968_680],
    [0.75, 2_663_064, 2_636_424],
    [1, 3_538_984, 3_504_872],
    [1.3, 5_431_048, 5_386_792],
    [1.4, 6_156_712, 6_108_776],
  ])('has at width %f %i in all, %i of them trainable', (width, total, trainable) => {
    expect(countParameters(mobilenetV2({ width }))).toEqual({ total, trainable });
  });

  it('has no activation behind a projection', () => {
    const topology = mobilenetV2();
    expect(layerOf(topology, 'block_2_add').inbound_nodes?.[0]?.map(([from]) => from)).toEqual([
      'block_1_project_BN',
      'block_2_project_BN',
    ]);
    expect(namesOfClass(topology, 'ReLU')).toHaveLength(35);
    for (const name of namesOfClass(topology, 'ReLU'))
      expect(layerOf(topology, name).config.max_value).toBe(6);
  });

  it('pads as Keras, or as PyTorch where asked', () => {
    const even = [
      [0, 1],
      [0, 1],
    ];
    const symmetric = [
      [1, 1],
      [1, 1],
    ];
    const keras = mobilenetV2();
    expect(namesOfClass(keras, 'ZeroPadding2D')).toEqual([1, 3, 6, 13].map((block) => `block_${block}_pad`));
    expect(layerOf(keras, 'block_6_pad').config.padding).toEqual(even);
    const torch = mobilenetV2({ padding: 'symmetric', epsilon: 1e-5 });
    expect(namesOfClass(torch, 'ZeroPadding2D')[0]).toBe('Conv1_pad');
    expect(layerOf(torch, 'Conv1').config.padding).toBe('valid');
    expect(layerOf(torch, 'block_6_pad').config.padding).toEqual(symmetric);
    for (const name of namesOfClass(torch, 'BatchNormalization'))
      expect(layerOf(torch, name).config.epsilon).toBe(1e-5);
  });

  it('takes classes, size, dropout and preprocessing', () => {
    const topology = mobilenetV2({ classes: 3, imageSize: 96, dropout: 0, includePreprocessing: true });
    expect(topology.config.name).toBe('mobilenetv2_1.00_96');
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([null, 96, 96, 3]);
    expect(layerOf(topology, 'predictions').config.units).toBe(3);
    expect(namesOfClass(topology, 'Dropout')).toEqual([]);
    expect(layerOf(topology, 'rescaling').config).toMatchObject({ scale: 1 / 127.5, offset: -1 });
    expect(layerOf(mobilenetV2(), 'dropout').config.rate).toBe(0.2);
  });
});

describe('MobileNetV3', () => {
  // As `count_params` of keras.applications 3.15 gives them. The trainable ones are `num_params` of torchvision's
  // weights.
  test.each<[MobileNetV3Name, number, number]>([
    ['mobilenet-v3-small', 2_554_968, 2_542_856],
    ['mobilenet-v3-large', 5_507_432, 5_483_032],
  ])('%s has %i in all, %i of them trainable', (name, total, trainable) => {
    expect(countParameters(mobilenetV3(name))).toEqual({ total, trainable });
  });

  it('ends in two convolutions, of which the first has a bias and no normalization', () => {
    const topology = mobilenetV3('mobilenet-v3-large', { classes: 9, classifierActivation: 'linear' });
    expect(layerOf(topology, 'conv_2').config).toMatchObject({ filters: 1280, use_bias: true });
    expect(layerOf(topology, 'logits').config).toMatchObject({ filters: 9, use_bias: true });
    expect(topology.config.layers.slice(-4).map(({ name }) => name)).toEqual([
      'dropout',
      'logits',
      'flatten',
      'predictions',
    ]);
    expect(layerOf(topology, 'predictions').config.activation).toBe('linear');
  });

  it('squeezes to a quarter of the expanded channels, in multiples of 8', () => {
    const topology = mobilenetV3('mobilenet-v3-large');
    expect(layerOf(topology, 'expanded_conv_3_squeeze_excite_conv').config.filters).toBe(24);
    expect(layerOf(topology, 'expanded_conv_10_squeeze_excite_conv').config.filters).toBe(120);
    expect(topology.config.layers.some(({ name }) => name.startsWith('expanded_conv_6_squeeze'))).toBe(false);
  });

  it('has a hard swish of plain layers, and a plain ReLU in the early blocks', () => {
    const topology = mobilenetV3('mobilenet-v3-small');
    const gate = (suffix: string) => layerOf(topology, `conv_activation_gate${suffix}`);
    expect(gate('_shift').config).toMatchObject({ scale: 1, offset: 3 });
    expect(gate('_relu6').config.max_value).toBe(6);
    expect(gate('').config.scale).toBe(1 / 6);
    expect(layerOf(topology, 'conv_activation').inbound_nodes?.[0]?.map(([from]) => from)).toEqual([
      'conv_bn',
      'conv_activation_gate',
    ]);
    expect(layerOf(topology, 'expanded_conv_1_expand_activation')).toMatchObject({ class_name: 'ReLU' });
    expect(layerOf(topology, 'expanded_conv_3_expand_activation')).toMatchObject({ class_name: 'Multiply' });
  });

  it('pads as Keras, or as PyTorch where asked', () => {
    const keras = namesOfClass(mobilenetV3('mobilenet-v3-small'), 'ZeroPadding2D');
    expect(keras).toEqual(['', '_1', '_3', '_8'].map((block) => `expanded_conv${block}_depthwise_pad`));
    const torch = mobilenetV3('mobilenet-v3-small', { padding: 'symmetric' });
    expect(namesOfClass(torch, 'ZeroPadding2D')).toEqual(['conv_pad', ...keras]);
    expect(layerOf(torch, 'expanded_conv_3_depthwise_pad').config.padding).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it('leaves preprocessing and dropout out where asked', () => {
    expect(namesOfClass(mobilenetV3('mobilenet-v3-small'), 'Rescaling')).toContain('rescaling');
    const bare = mobilenetV3('mobilenet-v3-small', { includePreprocessing: false, dropout: 0 });
    expect(namesOfClass(bare, 'Rescaling')).not.toContain('rescaling');
    expect(namesOfClass(bare, 'Dropout')).toEqual([]);
  });
});
