import { describe, expect, test } from 'vitest';
import type { FunctionalTopology, Json } from '../../../../models/topology.js';
import { buildForward } from '../../../../src/model/index.js';
import { normaliseTopology, parseJson } from '../../../../src/weights/keras/topology/index.js';
import { functional2, functional3, input3, layer2, layer3, tensor3 } from '../models.js';

const normalised = (value: unknown) => normaliseTopology('m.keras', value) as FunctionalTopology;
/** `name: class, inputs`, one line a layer. */
const lines = ({ config }: FunctionalTopology) =>
  config.layers.map(
    ({ name, class_name, inbound_nodes = [] }) =>
      `${name}: ${class_name} ${inbound_nodes.map((node) => node.map(([from, call]) => `${from}:${call}`).join(' ')).join(' | ')}`,
  );
describe('the JSON of Keras 3', () => {
  test('becomes that of Keras 2', () => {
    const initializer = {
      module: 'keras.initializers',
      class_name: 'Zeros',
      config: {},
      registered_name: null,
    };
    const activation = {
      module: 'builtins',
      class_name: 'function',
      config: 'silu',
      registered_name: 'function',
    };
    const size = { class_name: '__tuple__', items: [3, 3] };
    const settings = { filters: 2, kernel_size: size, bias_initializer: initializer, activation };
    const model = functional3(
      'm',
      [input3('image'), layer3('Conv2D', 'conv', [tensor3('image')], settings)],
      'image',
      'conv',
    );
    expect(normalised(model)).toEqual({
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [
          {
            class_name: 'InputLayer',
            name: 'image',
            config: { name: 'image', trainable: true, dtype: 'float32', batch_input_shape: [null, 4, 4, 3] },
            inbound_nodes: [],
          },
          {
            class_name: 'Conv2D',
            name: 'conv',
            config: {
              name: 'conv',
              trainable: true,
              dtype: 'float32',
              filters: 2,
              kernel_size: [3, 3],
              bias_initializer: { class_name: 'Zeros', config: {} },
              activation: 'silu',
            },
            inbound_nodes: [[['image', 0, 0, {}]]],
          },
        ],
        input_layers: [['image', 0, 0]],
        output_layers: [['conv', 0, 0]],
      },
    });
  });

  test('mixed precision is float32, as the weights are', () => {
    const policy = (class_name: string) => ({
      module: 'keras',
      class_name,
      config: { name: 'mixed_float16' },
    });
    for (const name of ['DTypePolicy', 'Policy']) {
      const relu = layer3('ReLU', 'relu', [tensor3('x')], { dtype: policy(name) });
      const { layers } = normalised(functional3('m', [input3('x'), relu], 'x', 'relu')).config;
      expect(layers[1]?.config.dtype).toBe('float32');
    }
  });

  test('merging layers take lists; operations of two tensors become layers', () => {
    const model = functional3(
      'm',
      [
        input3('x'),
        layer3('ReLU', 'a', [tensor3('x')]),
        layer3('Add', 'sum', [[tensor3('x'), tensor3('a')]]),
        layer3('Multiply', 'product', [tensor3('sum'), tensor3('a')]),
      ],
      'x',
      'product',
    );
    expect(lines(normalised(model))).toEqual([
      'x: InputLayer ',
      'a: ReLU x:0',
      'sum: Add x:0 a:0',
      'product: Multiply sum:0 a:0',
    ]);
  });

  test('numbers that JSON does not have', () => {
    expect(parseJson('x', '{"a": NaN, "b": [-Infinity, 1]}')).toEqual({ a: null, b: [null, 1] });
    expect(() => parseJson('x.h5', '{"a": ')).toThrow(/JSON that describes a model in x.h5/);
  });
});

describe('arithmetic with numbers becomes a Rescaling', () => {
  const scaled = (value: unknown) =>
    normalised(value)
      .config.layers.filter(({ class_name }) => class_name === 'Rescaling')
      .map(({ name, config: { scale, offset } }) => [name, scale, offset]);

  test('operations of Keras 3', () => {
    const model = functional3(
      'm',
      [
        input3('x'),
        layer3('TrueDivide', 'divide', [tensor3('x'), 127.5]),
        layer3('Subtract', 'subtract', [tensor3('divide'), 1]),
        layer3('Add', 'add', [tensor3('subtract'), 3]),
        layer3('Multiply', 'multiply', [0.5, tensor3('add')]),
        layer3('Subtract', 'negate', [2, tensor3('multiply')]),
      ],
      'x',
      'negate',
    );
    expect(scaled(model)).toEqual([
      ['divide', 1 / 127.5, 0],
      ['subtract', 1, -1],
      ['add', 1, 3],
      ['multiply', 0.5, 0],
      ['negate', -1, 2],
    ]);
  });

  test('operations of TensorFlow in Keras 2, whose nodes lack a list around them', () => {
    const op = (name: string, called: string, node: Json) => ({
      class_name: 'TFOpLambda',
      name,
      config: { name, function: called },
      inbound_nodes: [node],
    });
    const model = functional2(
      'm',
      [
        layer2('InputLayer', 'x', [], { batch_input_shape: [null, 4, 4, 3] }),
        op('tf.math.truediv', 'math.truediv', ['x', 0, 0, { y: 127.5, name: null }]),
        op('tf.math.subtract', 'math.subtract', ['tf.math.truediv', 0, 0, { y: 1, name: null }]),
        op('minus', 'math.subtract', [
          '_CONSTANT_VALUE',
          -1,
          2,
          { y: ['tf.math.subtract', 0, 0], name: null },
        ]),
        op('sum', '__operators__.add', ['minus', 0, 0, { y: ['x', 0, 0], name: null }]),
      ],
      'x',
      'sum',
    );
    expect(scaled(model)).toEqual([
      ['tf.math.truediv', 1 / 127.5, 0],
      ['tf.math.subtract', 1, -1],
      ['minus', -1, 2],
    ]);
    expect(lines(normalised(model)).at(-1)).toBe('sum: Add minus:0 x:0');
  });

  test('what is none stays, and is named where it is used', () => {
    const model = functional3(
      'm',
      [input3('x'), layer3('TrueDivide', 'inverse', [1, tensor3('x')])],
      'x',
      'inverse',
    );
    expect(() => buildForward(normalised(model), { training: false })).toThrow(/'inverse' is a TrueDivide/);
  });
});

describe('activations of Keras 3 that Keras 2 has not', () => {
  const model = (version: 2 | 3, activation: string) => {
    const make =
      version === 3
        ? layer3('Activation', 'act', [tensor3('x')], { activation })
        : layer2('Activation', 'act', ['x'], { activation });
    const input =
      version === 3 ? input3('x') : layer2('InputLayer', 'x', [], { batch_input_shape: [null, 4, 4, 3] });
    return (version === 3 ? functional3 : functional2)('m', [input, make] as Json[], 'x', 'act');
  };

  test('hard silu is made of layers; the output is the last of them', () => {
    const { config, ...rest } = normalised(model(3, 'hard_silu'));
    expect(lines({ config, ...rest })).toEqual([
      'x: InputLayer ',
      'act_scaled: Rescaling x:0',
      'act_gate: ReLU act_scaled:0',
      'act_gated: Multiply x:0 act_gate:0',
    ]);
    expect(config.output_layers).toEqual([['act_gated', 0, 0]]);
  });

  test('hard sigmoid is another function in Keras 2, and stays there', () => {
    expect(lines(normalised(model(3, 'hard_sigmoid')))).toHaveLength(3);
    expect(lines(normalised(model(2, 'hard_sigmoid')))).toEqual(['x: InputLayer ', 'act: Activation x:0']);
  });

  test('inside another layer: the layer stays, without its activation', () => {
    const conv = layer3('Conv2D', 'conv', [tensor3('x')], { filters: 2, activation: 'hard_silu' });
    const found = normalised(functional3('m', [input3('x'), conv], 'x', 'conv'));
    expect(lines(found)[1]).toBe('conv: Conv2D x:0');
    expect(found.config.layers[1]?.config.activation).toBe('linear');
    expect(found.config.output_layers).toEqual([['conv_gated', 0, 0]]);
  });
});
